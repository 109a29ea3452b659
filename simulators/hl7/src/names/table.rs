//! The tables behind the names.

/// Segment, its name, and its fields as `name type`, separated by `|`.
#[rustfmt::skip]
pub(super) const SEGMENTS: &[(&str, &str, &str)] = &[
    ("MSH", "Message Header", "Field Separator ST|Encoding Characters ST|Sending Application HD|Sending Facility HD|\
        Receiving Application HD|Receiving Facility HD|Date/Time of Message TS|Security ST|Message Type MSG|Message Control ID ST|\
        Processing ID PT|Version ID VID|Sequence Number NM|Continuation Pointer ST|Accept Acknowledgment Type ID|\
        Application Acknowledgment Type ID|Country Code ID|Character Set ID|Principal Language of Message CE|\
        Alternate Character Set Handling Scheme ID|Message Profile Identifier EI"),
    ("PID", "Patient Identification", "Set ID - PID SI|Patient ID CX|Patient Identifier List CX|Alternate Patient ID - PID CX|\
        Patient Name XPN|Mother's Maiden Name XPN|Date/Time of Birth TS|Administrative Sex IS|Patient Alias XPN|Race CE|\
        Patient Address XAD|County Code IS|Phone Number - Home XTN|Phone Number - Business XTN|Primary Language CE|\
        Marital Status CE|Religion CE|Patient Account Number CX|SSN Number - Patient ST|Driver's License Number - Patient DLN|\
        Mother's Identifier CX|Ethnic Group CE|Birth Place ST|Multiple Birth Indicator ID|Birth Order NM|Citizenship CE|\
        Veterans Military Status CE|Nationality CE|Patient Death Date and Time TS|Patient Death Indicator ID|\
        Identity Unknown Indicator ID|Identity Reliability Code IS|Last Update Date/Time TS|Last Update Facility HD|\
        Species Code CE|Breed Code CE|Strain ST|Production Class Code CE|Tribal Citizenship CWE"),
    ("PV1", "Patient Visit", "Set ID - PV1 SI|Patient Class IS|Assigned Patient Location PL|Admission Type IS|Preadmit Number CX|\
        Prior Patient Location PL|Attending Doctor XCN|Referring Doctor XCN|Consulting Doctor XCN|Hospital Service IS|\
        Temporary Location PL|Preadmit Test Indicator IS|Re-admission Indicator IS|Admit Source IS|Ambulatory Status IS|\
        VIP Indicator IS|Admitting Doctor XCN|Patient Type IS|Visit Number CX|Financial Class FC|Charge Price Indicator IS|\
        Courtesy Code IS|Credit Rating IS|Contract Code IS|Contract Effective Date DT|Contract Amount NM|Contract Period NM|\
        Interest Code IS|Transfer to Bad Debt Code IS|Transfer to Bad Debt Date DT|Bad Debt Agency Code IS|\
        Bad Debt Transfer Amount NM|Bad Debt Recovery Amount NM|Delete Account Indicator IS|Delete Account Date DT|\
        Discharge Disposition IS|Discharged to Location DLD|Diet Type CE|Servicing Facility IS|Bed Status IS|Account Status IS|\
        Pending Location PL|Prior Temporary Location PL|Admit Date/Time TS|Discharge Date/Time TS|Current Patient Balance NM|\
        Total Charges NM|Total Adjustments NM|Total Payments NM|Alternate Visit ID CX|Visit Indicator IS|\
        Other Healthcare Provider XCN"),
    ("ORC", "Common Order", "Order Control ID|Placer Order Number EI|Filler Order Number EI|Placer Group Number EI|Order Status ID|\
        Response Flag ID|Quantity/Timing TQ|Parent Order EIP|Date/Time of Transaction TS|Entered By XCN|Verified By XCN|\
        Ordering Provider XCN|Enterer's Location PL|Call Back Phone Number XTN|Order Effective Date/Time TS|\
        Order Control Code Reason CE|Entering Organization CE|Entering Device CE|Action By XCN|\
        Advanced Beneficiary Notice Code CE|Ordering Facility Name XON|Ordering Facility Address XAD|\
        Ordering Facility Phone Number XTN|Ordering Provider Address XAD|Order Status Modifier CWE|\
        Advanced Beneficiary Notice Override Reason CWE|Filler's Expected Availability Date/Time TS|Confidentiality Code CWE|\
        Order Type CWE|Enterer Authorization Mode CNE|Parent Universal Service Identifier CWE"),
    ("OBR", "Observation Request", "Set ID - OBR SI|Placer Order Number EI|Filler Order Number EI|Universal Service Identifier CE|\
        Priority ID|Requested Date/Time TS|Observation Date/Time TS|Observation End Date/Time TS|Collection Volume CQ|\
        Collector Identifier XCN|Specimen Action Code ID|Danger Code CE|Relevant Clinical Information ST|\
        Specimen Received Date/Time TS|Specimen Source SPS|Ordering Provider XCN|Order Callback Phone Number XTN|\
        Placer Field 1 ST|Placer Field 2 ST|Filler Field 1 ST|Filler Field 2 ST|Results Rpt/Status Chng - Date/Time TS|\
        Charge to Practice MOC|Diagnostic Serv Sect ID ID|Result Status ID|Parent Result PRL|Quantity/Timing TQ|\
        Result Copies To XCN|Parent Number EIP|Transportation Mode ID|Reason for Study CE|Principal Result Interpreter NDL|\
        Assistant Result Interpreter NDL|Technician NDL|Transcriptionist NDL|Scheduled Date/Time TS|\
        Number of Sample Containers NM|Transport Logistics of Collected Sample CE|Collector's Comment CE|\
        Transport Arrangement Responsibility CE|Transport Arranged ID|Escort Required ID|Planned Patient Transport Comment CE|\
        Procedure Code CE|Procedure Code Modifier CE|Placer Supplemental Service Information CE|\
        Filler Supplemental Service Information CE|Medically Necessary Duplicate Procedure Reason CWE|Result Handling IS"),
    ("DG1", "Diagnosis", "Set ID - DG1 SI|Diagnosis Coding Method ID|Diagnosis Code - DG1 CE|Diagnosis Description ST|\
        Diagnosis Date/Time TS|Diagnosis Type IS|Major Diagnostic Category CE|Diagnostic Related Group CE|\
        DRG Approval Indicator ID|DRG Grouper Review Code IS|Outlier Type CE|Outlier Days NM|Outlier Cost CP|\
        Grouper Version And Type ST|Diagnosis Priority ID|Diagnosing Clinician XCN|Diagnosis Classification IS|\
        Confidential Indicator ID|Attestation Date/Time TS|Diagnosis Identifier EI|Diagnosis Action Code ID"),
    ("OBX", "Observation/Result", "Set ID - OBX SI|Value Type ID|Observation Identifier CE|Observation Sub-ID ST|\
        Observation Value *|Units CE|References Range ST|Abnormal Flags IS|Probability NM|Nature of Abnormal Test ID|\
        Observation Result Status ID|Effective Date of Reference Range TS|User Defined Access Checks ST|\
        Date/Time of the Observation TS|Producer's ID CE|Responsible Observer XCN|Observation Method CE|\
        Equipment Instance Identifier EI|Date/Time of the Analysis TS"),
    ("NTE", "Notes and Comments", "Set ID - NTE SI|Source of Comment ID|Comment FT|Comment Type CE"),
    ("EVN", "Event Type", "Event Type Code ID|Recorded Date/Time TS|Date/Time Planned Event TS|Event Reason Code IS|\
        Operator ID XCN|Event Occurred TS|Event Facility HD"),
    ("FT1", "Financial Transaction", "Set ID - FT1 SI|Transaction ID ST|Transaction Batch ID ST|Transaction Date TS|\
        Transaction Posting Date TS|Transaction Type IS|Transaction Code CE|Transaction Description ST|\
        Transaction Description - Alt ST|Transaction Quantity NM|Transaction Amount - Extended CP|Transaction Amount - Unit CP|\
        Department Code CE|Insurance Plan ID CE|Insurance Amount CP|Assigned Patient Location PL|Fee Schedule IS|\
        Patient Type IS|Diagnosis Code - FT1 CE|Performed By Code XCN|Ordered By Code XCN|Unit Cost CP|Filler Order Number EI|\
        Entered By Code XCN|Procedure Code CE|Procedure Code Modifier CE|Advanced Beneficiary Notice Code CE|\
        Medically Necessary Duplicate Procedure Reason CWE|NDC Code CNE|Payment Reference ID CX|Transaction Reference Key SI"),
    ("TXA", "Transcription Document Header", "Set ID - TXA SI|Document Type CE|Document Content Presentation ID|\
        Activity Date/Time TS|Primary Activity Provider Code/Name XCN|Origination Date/Time TS|Transcription Date/Time TS|\
        Edit Date/Time TS|Originator Code/Name XCN|Assigned Document Authenticator XCN|Transcriptionist Code/Name XCN|\
        Unique Document Number EI|Parent Document Number EI|Placer Order Number EI|Filler Order Number EI|\
        Unique Document File Name ST|Document Completion Status ID|Document Confidentiality Status ID|\
        Document Availability Status ID|Document Storage Status ID|Document Change Reason ST|\
        Authentication Person, Time Stamp PPN|Distributed Copies XCN"),
    ("MSA", "Message Acknowledgment", "Acknowledgment Code ID|Message Control ID ST|Text Message ST|Expected Sequence Number NM|\
        Delayed Acknowledgment Type ID|Error Condition CE"),
    ("ERR", "Error", "Error Code and Location ELD|Error Location ERL|HL7 Error Code CWE|Severity ID|Application Error Code CWE|\
        Application Error Parameter ST|Diagnostic Information TX|User Message TX|Inform Person Indicator IS|\
        Override Type CWE|Override Reason Code CWE|Help Desk Contact Point XTN"),
];

/// Data type and the names of its components, separated by `|`. OBX-5 and simple types have none.
#[rustfmt::skip]
pub(super) const TYPES: &[(&str, &str)] = &[
    ("CE", "Identifier|Text|Name of Coding System|Alternate Identifier|Alternate Text|Name of Alternate Coding System"),
    ("CNE", "Identifier|Text|Name of Coding System|Alternate Identifier|Alternate Text|Name of Alternate Coding System|\
        Coding System Version ID|Alternate Coding System Version ID|Original Text"),
    ("CP", "Price|Price Type|From Value|To Value|Range Units|Range Type"),
    ("CQ", "Quantity|Units"),
    ("CWE", "Identifier|Text|Name of Coding System|Alternate Identifier|Alternate Text|Name of Alternate Coding System|\
        Coding System Version ID|Alternate Coding System Version ID|Original Text"),
    ("CX", "ID Number|Check Digit|Check Digit Scheme|Assigning Authority|Identifier Type Code|Assigning Facility|\
        Effective Date|Expiration Date"),
    ("DLD", "Discharge Location|Effective Date"),
    ("DLN", "License Number|Issuing State, Province, Country|Expiration Date"),
    ("EI", "Entity Identifier|Namespace ID|Universal ID|Universal ID Type"),
    ("EIP", "Placer Assigned Identifier|Filler Assigned Identifier"),
    ("ELD", "Segment ID|Segment Sequence|Field Position|Code Identifying Error"),
    ("ERL", "Segment ID|Segment Sequence|Field Position|Field Repetition|Component Number|Sub-Component Number"),
    ("FC", "Financial Class Code|Effective Date"),
    ("HD", "Namespace ID|Universal ID|Universal ID Type"),
    ("MOC", "Monetary Amount|Charge Code"),
    ("MSG", "Message Code|Trigger Event|Message Structure"),
    // As IRIS fills OBR-32 (ORU-OBR-32.1 to .5), which is not the NDL of HL7.
    ("NDL", "Interpreter ID|Family Name|Given Name|Signing Time|Full Name"),
    ("PL", "Point of Care|Room|Bed|Facility|Location Status|Person Location Type|Building|Floor|Location Description"),
    ("PPN", "ID Number|Family Name|Given Name|Second and Further Given Names|Suffix|Prefix|Degree|Source Table|\
        Assigning Authority|Name Type Code|Identifier Check Digit|Check Digit Scheme|Identifier Type Code|Assigning Facility|\
        Date/Time Action Performed"),
    ("PRL", "Parent Observation Identifier|Parent Observation Sub-Identifier|Parent Observation Value Descriptor"),
    ("PT", "Processing ID|Processing Mode"),
    ("SPS", "Specimen Source Name or Code|Additives|Specimen Collection Method|Body Site|Site Modifier|\
        Collection Method Modifier Code|Specimen Role"),
    ("TQ", "Quantity|Interval|Duration|Start Date/Time|End Date/Time|Priority|Condition|Text|Conjunction|Order Sequencing|\
        Occurrence Duration|Total Occurrences"),
    ("VID", "Version ID|Internationalization Code|International Version ID"),
    ("XAD", "Street Address|Other Designation|City|State or Province|Zip or Postal Code|Country|Address Type|\
        Other Geographic Designation|County/Parish Code|Census Tract|Address Representation Code"),
    ("XCN", "ID Number|Family Name|Given Name|Second and Further Given Names|Suffix|Prefix|Degree|Source Table|\
        Assigning Authority|Name Type Code|Identifier Check Digit|Check Digit Scheme|Identifier Type Code|Assigning Facility"),
    ("XON", "Organization Name|Organization Name Type Code|ID Number|Check Digit|Check Digit Scheme|Assigning Authority|\
        Identifier Type Code|Assigning Facility"),
    ("XPN", "Family Name|Given Name|Second and Further Given Names|Suffix|Prefix|Degree|Name Type Code|\
        Name Representation Code"),
    ("XTN", "Telephone Number|Telecommunication Use Code|Telecommunication Equipment Type|Email Address|Country Code|\
        Area/City Code|Phone Number|Extension|Any Text"),
];
