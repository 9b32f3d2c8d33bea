//! Conversations over a pipe, in virtual time.

use std::io;
use std::time::Duration;

use tokio::io::{AsyncWriteExt, DuplexStream, duplex, split};
use tokio::task::{JoinHandle, LocalSet};
use tokio::time::{Instant, sleep};

use super::super::request::REQUEST_BYTES_MAX;
use super::{IDLE_MAX, QUESTIONS_MAX, converse, read, write};

#[tokio::test]
async fn messages_have_their_length_before_them_and_end_with_the_connection() {
    let (mut here, mut there) = duplex(1_024);
    write(&mut here, b"first").await.unwrap();
    write(&mut here, b"").await.unwrap();
    assert_eq!(read(&mut there).await.unwrap(), Some(b"first".to_vec()));
    assert_eq!(read(&mut there).await.unwrap(), Some(Vec::new()));
    here.write_all(b"\0\x05cut").await.unwrap();
    drop(here);
    assert!(read(&mut there).await.is_err());
    let (here, mut there) = duplex(1_024);
    drop(here);
    assert_eq!(read(&mut there).await.unwrap(), None);
}

#[tokio::test]
async fn a_message_that_is_longer_than_any_question_is_not_waited_for() {
    let (mut here, mut there) = duplex(16);
    let len = u16::try_from(REQUEST_BYTES_MAX).unwrap() + 1;
    here.write_u16(len).await.unwrap();
    assert!(read(&mut there).await.is_err());
}

/// Serves a connection on which a message is answered after as many seconds as its first byte says,
/// and not at all if that is 255.
fn serve(capacity: usize) -> (DuplexStream, JoinHandle<io::Result<()>>) {
    let (here, there) = duplex(capacity);
    let served = tokio::task::spawn_local(async move {
        let (mut reader, mut writer) = split(there);
        converse(&mut reader, &mut writer, |message| {
            let seconds = message[0];
            (seconds != 255).then_some(async move {
                sleep(Duration::from_secs(seconds.into())).await;
                Some(message)
            })
        })
        .await
    });
    (here, served)
}

async fn in_turn(stream: &mut DuplexStream, messages: &[&[u8]]) {
    for message in messages {
        assert_eq!(read(stream).await.unwrap().unwrap(), *message);
    }
}

#[tokio::test(start_paused = true)]
async fn an_answer_does_not_wait_for_those_to_earlier_questions() {
    let test = async {
        let (mut stream, served) = serve(1_024);
        let begun = Instant::now();
        for message in [b"\x04slow", b"\x01soon", b"\x00fast"] {
            write(&mut stream, message).await.unwrap();
        }
        stream.shutdown().await.unwrap();
        in_turn(&mut stream, &[b"\x00fast", b"\x01soon", b"\x04slow"]).await;
        assert_eq!(begun.elapsed().as_secs(), 4);
        assert!(served.await.unwrap().is_ok());
    };
    LocalSet::new().run_until(test).await;
}

#[tokio::test(start_paused = true)]
async fn one_connection_has_so_many_questions_at_once() {
    let test = async {
        let (mut stream, _served) = serve(1_024);
        let begun = Instant::now();
        for number in 0..=u8::try_from(QUESTIONS_MAX).unwrap() {
            write(&mut stream, &[3, number]).await.unwrap();
        }
        for _ in 0..QUESTIONS_MAX {
            read(&mut stream).await.unwrap().unwrap();
        }
        assert_eq!(begun.elapsed().as_secs(), 3);
        read(&mut stream).await.unwrap();
        assert_eq!(begun.elapsed().as_secs(), 6);
    };
    LocalSet::new().run_until(test).await;
}

#[tokio::test(start_paused = true)]
async fn who_is_idle_reads_nothing_or_asks_too_much_is_closed() {
    let test = async {
        let begun = Instant::now();
        let (mut stream, served) = serve(1_024);
        stream.write_all(b"\0\x05cut").await.unwrap();
        assert!(served.await.unwrap().is_ok());
        assert_eq!(begun.elapsed(), IDLE_MAX);
        // The buffer of the system is full.
        let begun = Instant::now();
        let (mut stream, served) = serve(8);
        for _ in 0..3 {
            write(&mut stream, &[0; 9]).await.unwrap();
        }
        assert!(served.await.unwrap().is_err());
        assert_eq!(begun.elapsed(), IDLE_MAX);
        // What was asked before is answered.
        let (mut stream, served) = serve(1_024);
        for message in [b"\x01last", b"\xffnone", b"\x00late"] {
            write(&mut stream, message).await.unwrap();
        }
        in_turn(&mut stream, &[b"\x01last"]).await;
        assert!(served.await.unwrap().is_ok());
        assert_eq!(read(&mut stream).await.unwrap(), None);
    };
    LocalSet::new().run_until(test).await;
}
