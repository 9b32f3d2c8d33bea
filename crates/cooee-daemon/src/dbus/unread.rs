//! What clients have been sent and have not read yet, as far as that is known.
//!
//! In:  how much is sent to whom; that a client has answered.
//! Out: whom to ask whether it reads; whose signals have to wait; who does not read at all.
//!
//! The bus keeps what a client does not read, and stops reading from a program that has sent too much
//! of it: one client that does not read would silence the daemon for all. So a client that was sent
//! much gets a `Ping`, which every D-Bus library answers once it has read everything before it.

use std::collections::HashMap;
use std::rc::Rc;
use std::time::Duration;

use tokio::time::Instant;

/// What is not read yet.
pub(super) struct Unread {
    by_client: HashMap<Rc<str>, Account>,
    /// Who was asked with which message.
    asked: HashMap<u32, Rc<str>>,
    total: usize,
    max: usize,
    /// Whether the bus lets the daemon ask.
    can_ask: bool,
}

/// What one client has not read yet.
#[derive(Default)]
struct Account {
    bytes: usize,
    question: Option<Question>,
}

impl Account {
    /// Counts what is sent. Returns whether the client is to be asked whether it reads.
    fn is_to_be_asked_after(&mut self, bytes: usize) -> bool {
        self.bytes = self.bytes.saturating_add(bytes);
        self.question.is_none() && self.bytes >= ASK_BYTES
    }
}

/// What a client was asked and has not answered.
struct Question {
    /// How many bytes it has read when it answers.
    bytes: usize,
    since: Instant,
}

impl Unread {
    /// Allows so many bytes, of all clients together.
    pub(super) fn new(max: usize) -> Self {
        Self {
            by_client: HashMap::new(),
            asked: HashMap::new(),
            total: 0,
            max,
            can_ask: true,
        }
    }

    /// Returns whether a client may be sent something now: all together leave too much unread, and
    /// this one is among those that do, or not.
    pub(super) fn may_be_sent(&self, client: &str) -> bool {
        let account = self.by_client.get(client);
        self.total <= self.max || account.is_none_or(|account| account.bytes < ASK_BYTES)
    }

    /// Begins to count what a client is sent.
    pub(super) fn enter(&mut self, client: &Rc<str>) {
        if self.can_ask {
            self.by_client.insert(Rc::clone(client), Account::default());
        }
    }

    /// Counts what is sent to a client. Returns it if it is to be asked whether it reads.
    pub(super) fn sent(&mut self, client: &str, bytes: usize) -> Option<Rc<str>> {
        let (client, _) = self.by_client.get_key_value(client)?;
        let client = Rc::clone(client);
        let account = self.by_client.get_mut(&client)?;
        self.total = self.total.saturating_add(bytes);
        account.is_to_be_asked_after(bytes).then_some(client)
    }

    /// Counts what is sent to all clients. Returns those to be asked whether they read.
    pub(super) fn sent_to_all(&mut self, bytes: usize) -> Vec<Rc<str>> {
        let mut to_be_asked = Vec::new();
        for (client, account) in &mut self.by_client {
            self.total = self.total.saturating_add(bytes);
            if account.is_to_be_asked_after(bytes) {
                to_be_asked.push(Rc::clone(client));
            }
        }
        to_be_asked
    }

    /// Notes that a client is asked, with which message.
    pub(super) fn asked(&mut self, client: &Rc<str>, serial: u32) {
        if let Some(account) = self.by_client.get_mut(client) {
            account.question = Some(Question {
                bytes: account.bytes,
                since: Instant::now(),
            });
            self.asked.insert(serial, Rc::clone(client));
        }
    }

    /// Notes the answer to a message.
    pub(super) fn answered(&mut self, serial: u32) {
        let Some(client) = self.asked.remove(&serial) else {
            return;
        };
        let Some(account) = self.by_client.get_mut(&client) else {
            return;
        };
        let question = account.question.take();
        let read = question.map_or(0, |question| question.bytes);
        account.bytes = account.bytes.saturating_sub(read);
        self.total = self.total.saturating_sub(read);
    }

    /// The bus refuses to pass a message on: nothing can be known.
    pub(super) fn refused(&mut self, serial: u32) {
        if self.asked.contains_key(&serial) {
            *self = Self {
                can_ask: false,
                ..Self::new(self.max)
            };
        }
    }

    /// Forgets a client that has left.
    pub(super) fn forget(&mut self, client: &str) {
        if let Some(account) = self.by_client.remove(client) {
            self.total = self.total.saturating_sub(account.bytes);
            self.asked.retain(|_, asked| &**asked != client);
        }
    }

    /// Returns who does not read, if all together leave too much unread: who has not answered for the
    /// longest time; and when that is to be believed.
    pub(super) fn stuck(&self) -> Option<(Rc<str>, Instant)> {
        if self.total <= self.max {
            return None;
        }
        let asked = self.by_client.iter().filter_map(|(client, account)| {
            let since = account.question.as_ref()?.since;
            Some((client, since.checked_add(ANSWER_WAIT_MAX)?))
        });
        let first = asked.min_by_key(|(_, until)| *until);
        first.map(|(client, until)| (Rc::clone(client), until))
    }
}

/// How long a client may take to answer. One that is busy reads later.
const ANSWER_WAIT_MAX: Duration = Duration::from_secs(10);

/// After how many bytes a client is asked.
const ASK_BYTES: usize = 64 * 1_024;

#[cfg(test)]
mod tests {
    use super::{ANSWER_WAIT_MAX, ASK_BYTES, Unread};
    use std::rc::Rc;
    use std::time::Duration;
    use tokio::time::Instant;

    #[test]
    fn who_answers_has_read_what_came_before_the_question() {
        let (mut unread, [client]) = of_clients(3 * ASK_BYTES, [":1.1"]);
        assert_eq!(unread.sent(&client, ASK_BYTES - 1), None);
        assert!(unread.sent(&client, 1).is_some());
        unread.asked(&client, 7);
        assert_eq!(unread.sent(&client, ASK_BYTES), None);
        unread.answered(6);
        unread.answered(7);
        unread.answered(7);
        assert_eq!(unread.total, ASK_BYTES);
        assert!(unread.sent(&client, 1).is_some());
    }

    #[test]
    fn what_is_for_all_is_counted_for_each_that_is_here() {
        let (mut unread, [one, other]) = of_clients(2 * ASK_BYTES, [":1.1", ":1.2"]);
        unread.sent(&one, 1);
        assert_eq!(unread.sent(":1.3", ASK_BYTES), None);
        assert_eq!(unread.sent_to_all(ASK_BYTES - 1), [Rc::clone(&one)]);
        unread.asked(&one, 7);
        assert_eq!(unread.sent_to_all(2), [other]);
        assert_eq!(unread.total, 2 * ASK_BYTES + 3);
        unread.forget(&one);
        assert_eq!(unread.total, ASK_BYTES + 1);
    }

    #[tokio::test(flavor = "current_thread", start_paused = true)]
    async fn where_too_much_is_unread_those_wait_who_leave_much_and_the_first_asked_is_stuck() {
        let (mut unread, [one, other]) = of_clients(3 * ASK_BYTES, [":1.1", ":1.2"]);
        let third = ":1.3";
        unread.sent(&one, ASK_BYTES);
        unread.asked(&one, 7);
        let until = Instant::now() + ANSWER_WAIT_MAX;
        tokio::time::advance(Duration::from_secs(1)).await;
        unread.sent(&other, 2 * ASK_BYTES);
        unread.asked(&other, 8);
        assert_eq!(unread.stuck(), None);
        unread.sent(&other, 1);
        assert_eq!(unread.stuck(), Some((Rc::clone(&one), until)));
        let may_be_sent = [&*one, &*other, third].map(|client| unread.may_be_sent(client));
        assert_eq!(may_be_sent, [false, false, true]);
        unread.answered(8);
        assert_eq!(unread.stuck(), None);
        assert!(unread.may_be_sent(&one));
        unread.forget(&one);
        unread.forget(&other);
        assert_eq!((unread.total, unread.asked.len()), (0, 0));
    }

    #[test]
    fn where_the_bus_lets_nobody_ask_nothing_is_counted() {
        let (mut unread, [client]) = of_clients(ASK_BYTES, [":1.1"]);
        unread.sent(&client, 2 * ASK_BYTES);
        unread.asked(&client, 7);
        unread.refused(6);
        assert!(!unread.may_be_sent(&client));
        unread.refused(7);
        unread.enter(&client);
        assert!(unread.may_be_sent(&client));
        assert_eq!(unread.sent(&client, 2 * ASK_BYTES), None);
        assert_eq!(unread.total, 0);
    }

    /// Returns an account of clients, and the clients.
    fn of_clients<const N: usize>(max: usize, names: [&str; N]) -> (Unread, [Rc<str>; N]) {
        let mut unread = Unread::new(max);
        let clients = names.map(Rc::from);
        for client in &clients {
            unread.enter(client);
        }
        (unread, clients)
    }
}
