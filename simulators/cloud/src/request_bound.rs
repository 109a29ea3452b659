//! wiremock takes a request's whole body into memory before anybody is asked about it, so the bound on it lies before wiremock.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// Bytes of a request, head and body: the longest blob, and room for the rest.
pub(crate) const MAX_REQUEST: usize = 65 * 1024 * 1024;

/// The connection to a service, which takes `most` bytes and no more until the service has something to say.
pub(crate) struct RequestBound<S> {
    service: S,
    most: usize,
    unanswered: usize,
}

impl<S> RequestBound<S> {
    pub(crate) fn new(service: S, most: usize) -> RequestBound<S> {
        RequestBound { service, most, unanswered: 0 }
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for RequestBound<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        if self.unanswered + bytes.len() > self.most {
            let problem = format!("a request of more than {} bytes", self.most);
            return Poll::Ready(Err(io::Error::new(io::ErrorKind::QuotaExceeded, problem)));
        }
        let written = ready!(Pin::new(&mut self.service).poll_write(cx, bytes))?;
        self.unanswered += written;
        Poll::Ready(Ok(written))
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.service).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.service).poll_shutdown(cx)
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for RequestBound<S> {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, into: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let before = into.filled().len();
        ready!(Pin::new(&mut self.service).poll_read(cx, into))?;
        if into.filled().len() > before {
            self.unanswered = 0;
        }
        Poll::Ready(Ok(()))
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    use super::*;

    #[tokio::test]
    async fn each_request_may_be_as_long_as_the_bound_and_no_longer() {
        let (stream, mut service) = tokio::io::duplex(100);
        let mut bound = RequestBound::new(stream, 10);
        for _ in 0..2 {
            bound.write_all(&[1; 10]).await.unwrap();
            service.write_all(b"answer").await.unwrap();
            bound.read_exact(&mut [0; 6]).await.unwrap();
        }
        bound.write_all(&[1; 10]).await.unwrap();
        let error = bound.write_all(&[1]).await.unwrap_err();
        assert_eq!(error.to_string(), "a request of more than 10 bytes");
    }
}
