//! Packets in transit: their contents count as sent when they have left, and are due again if not.
//!
//! In:  what is due; the result for each packet.
//! Out: packets; the consequences of their having left, or not. RFC 6762 sections 4, 8.1, 8.3 and
//!      17.

use alloc::boxed::Box;
use alloc::vec::Vec;

use cooee_wire::{Flags, MessageBuilder};

use super::Engine;
use super::in_flight::{Parcel, Payload};
use crate::compose::query::Sources;
use crate::compose::{probe, response};
use crate::intake::echo::content_hash;
use crate::link::{Family, LinkId};
use crate::links::{Gate, MTU_MIN, datagrams_of, has_left, is_too_long};
use crate::time::Instant;
use crate::timing::SEND_RETRY_MAX;
use crate::transmit::{Delivery, Destination, Route, Transmit};

impl Engine {
    /// Writes the next packet to send into `buf`, and returns its destination.
    ///
    /// Several packets can be polled before any is reported; the contents of one are not offered
    /// again until then. Report each with [`handle_transmit`](Self::handle_transmit) before any
    /// other call to the engine: a packet without a report by then counts as not sent.
    pub fn poll_transmit(&mut self, now: Instant, buf: &mut Vec<u8>) -> Option<Transmit> {
        if let Some(route) = self.compose_reply(now, buf) {
            // It has no consequence: a querier that does not get it asks again.
            let number = 0;
            return Some(Transmit { route, number });
        }
        let (link, payload) = self.compose_multicast(now, buf)?;
        let destination = self.destination(now, link, &payload);
        let route = Route { link, destination };
        let number = self.in_flight.add(now, route, content_hash(buf), payload);
        Some(Transmit { route, number })
    }

    /// Takes the result of sending a packet.
    pub fn handle_transmit(&mut self, now: Instant, transmit: Transmit, delivery: Delivery) {
        let Transmit { number, .. } = transmit;
        if let Some(parcel) = self.in_flight.take(number) {
            self.conclude_parcel(now, parcel, delivery);
        }
    }

    /// Treats packets without a report as not sent.
    pub(super) fn give_up_unreported(&mut self) {
        while let Some(parcel) = self.in_flight.take_first() {
            self.conclude_parcel(parcel.polled, parcel, Delivery::default());
        }
    }

    fn conclude_parcel(&mut self, now: Instant, parcel: Parcel, delivery: Delivery) {
        let link = parcel.route.link;
        let over = self.only_over(&parcel.payload);
        let knock = matches!(parcel.payload, Payload::Knock(_));
        let has_probed = matches!(parcel.payload, Payload::Probes(_)) && has_left(delivery);
        if self.links.info(link).is_none() {
            return;
        }
        if has_left(delivery) {
            let max = self.config.limits.sent_packets_max;
            self.echo.sent(now, parcel.content, max);
            self.commit(now, link, parcel.payload, delivery);
        } else {
            self.stats.unsent = self.stats.unsent.saturating_add(1);
            let too_long = is_too_long(delivery);
            // What cannot leave over its one family is not tried again soon, either.
            self.take_back(now, link, parcel.payload, too_long || over.is_some());
            if too_long {
                return;
            }
        }
        // A packet for one family says nothing of the other one if it has not left.
        let alone = knock || (over.is_some() && !has_left(delivery));
        self.learn(now, parcel.route, delivery, alone);
        if has_probed && over.is_none() {
            self.links.probed(link);
        }
    }

    /// Handles a packet that has left over at least one family: its contents are sent.
    fn commit(&mut self, now: Instant, link: LinkId, payload: Payload, delivery: Delivery) {
        match payload {
            Payload::Knock(_) => {}
            Payload::Goodbyes(said) => {
                let datagrams = datagrams_of(delivery);
                self.responder.goodbyes_sent(link, &said, datagrams);
            }
            Payload::Probes(claims) => {
                for id in claims {
                    self.prober.sent(now, id, link);
                }
                if self.asks_unicast(now) {
                    self.links.expect_unicast(now, link);
                }
            }
            //= https://www.rfc-editor.org/rfc/rfc6762#section-8.3
            //# If there are too many resource records to fit in a single packet,
            //# multiple packets should be used.
            Payload::Answers(records) => {
                self.responder.sent(now, link, &records);
                self.follow_announced(link, &records);
            }
            Payload::Questions(composed) => {
                let stats = &mut self.stats;
                stats.packets = stats.packets.saturating_add(1);
                stats.questions = stats.questions.saturating_add(composed.questions.into());
                let known = composed.known_answers.into();
                stats.known_answers = stats.known_answers.saturating_add(known);
                let unlisted = composed.unlisted.into();
                stats.known_answers_unlisted =
                    stats.known_answers_unlisted.saturating_add(unlisted);
                for asked in &composed.asked {
                    let is_late = self.querier.sent(now, link, asked);
                    if is_late && asked.is_missing {
                        self.tell_unanswered(link, asked.id);
                    }
                }
                if composed.unicast {
                    self.links.expect_unicast(now, link);
                }
            }
        }
    }

    /// Handles a packet that has not left: its contents are due again. Contents that are stuck, such
    /// as those that are too long, are not tried again soon, so that they block nothing else.
    fn take_back(&mut self, now: Instant, link: LinkId, payload: Payload, is_stuck: bool) {
        let not_before = match is_stuck {
            true => now + SEND_RETRY_MAX,
            false => Instant::ZERO,
        };
        match payload {
            Payload::Knock(_) => {}
            Payload::Goodbyes(unsent) => {
                self.responder
                    .goodbyes_not_sent(now, link, unsent, is_stuck);
            }
            Payload::Probes(claims) => {
                for id in claims {
                    self.prober.not_sent(id, link, not_before);
                }
            }
            Payload::Answers(records) => {
                self.responder.not_sent(link, &records, not_before);
            }
            Payload::Questions(composed) => {
                for asked in composed.asked {
                    self.querier.not_sent(link, asked.id);
                }
                // What was to follow has no meaning without its questions.
                self.composer.drop_link(link);
            }
        }
    }

    /// Returns the only family for which a packet is, if its contents are published over one alone.
    fn only_over(&self, payload: &Payload) -> Option<Family> {
        match payload {
            Payload::Goodbyes(said) => said.first()?.goodbye.over,
            Payload::Probes(claims) => self.registrations.get(*claims.first()?)?.over,
            Payload::Answers(records) => self.responder.record(*records.first()?)?.over,
            Payload::Questions(_) | Payload::Knock(_) => None,
        }
    }

    /// Returns the families over which a packet is sent.
    fn destination(&mut self, now: Instant, link: LinkId, payload: &Payload) -> Destination {
        //= https://www.rfc-editor.org/rfc/rfc6762#section-4
        //# Any DNS query for a name ending with "254.169.in-addr.arpa." MUST
        //# be sent to the mDNS IPv4 link-local multicast address 224.0.0.251
        //# or the mDNS IPv6 multicast address FF02::FB.
        //= https://www.rfc-editor.org/rfc/rfc6762#section-4
        //# Likewise, any DNS query for a name within the reverse mapping
        //# domains for IPv6 link-local addresses ("8.e.f.ip6.arpa.",
        //# "9.e.f.ip6.arpa.", "a.e.f.ip6.arpa.", and "b.e.f.ip6.arpa.") MUST
        //# be sent to the mDNS IPv6 link-local multicast address FF02::FB or
        //# the mDNS IPv4 link-local multicast address 224.0.0.251.
        match payload {
            Payload::Knock(Some(family)) => Destination::MulticastBy(*family),
            Payload::Knock(None) => Destination::Multicast,
            Payload::Goodbyes(_)
            | Payload::Probes(_)
            | Payload::Answers(_)
            | Payload::Questions(_) => {
                let over = self.only_over(payload);
                self.links.send(now, link, over)
            }
        }
    }

    //= https://www.rfc-editor.org/rfc/rfc6762#section-8.1
    //# The first startup step is that, for all those resource records that a
    //# Multicast DNS responder desires to be unique on the local link, it
    //# MUST send a Multicast DNS query asking for those resource records, to
    //# see if any of them are already in use.
    fn compose_reply(&mut self, now: Instant, buf: &mut Vec<u8>) -> Option<Route> {
        while let Some(mut reply) = self.responder.due_reply(now) {
            // Hosts that have not heard us claim our names may have claimed them: they get no
            // answers.
            if !self.links.is_claimed_for(reply.link, reply.to.ip()) {
                continue;
            }
            let room = self.links.budget(reply.link);
            let (responder, names) = (&mut self.responder, &self.names);
            let Some(left) = response::compose_reply(responder, names, &reply, room, buf) else {
                continue;
            };
            let route = Route {
                link: reply.link,
                destination: Destination::Unicast(reply.to),
            };
            if reply.legacy.is_none() && !left.is_empty() {
                reply.records = left.into();
                self.reply(now, now, reply);
            }
            return Some(route);
        }
        None
    }

    /// Composes what is most urgent: goodbyes, then probes, then answers, then questions.
    fn compose_multicast(&mut self, now: Instant, buf: &mut Vec<u8>) -> Option<(LinkId, Payload)> {
        let unicast = self.asks_unicast(now);
        let (links, names) = (&self.links, &self.names);
        let gate = Gate { now, links };
        let responder = &mut self.responder;
        if let Some((link, said)) = response::compose_goodbyes(responder, gate, buf) {
            return Some((link, Payload::Goodbyes(said)));
        }
        let claims = (&mut self.prober, &self.registrations);
        let probe = probe::compose(gate, claims, responder, names, unicast, buf);
        if let Some((link, claims)) = probe {
            return Some((link, Payload::Probes(claims)));
        }
        let answers = response::compose_multicast(gate, responder, names, buf);
        if let Some((link, records)) = answers {
            return Some((link, Payload::Answers(records)));
        }
        let sources = Sources {
            querier: &mut self.querier,
            cache: &self.cache,
            names,
            known_answers_max: self.config.limits.known_answers_max,
            unicast_responses: unicast,
        };
        if let Some(composed) = self.composer.compose(gate, sources, buf) {
            return Some((composed.link, Payload::Questions(Box::new(composed))));
        }
        let (link, family) = self.links.retry(now)?;
        MessageBuilder::new(buf, 0, Flags::QUERY, MTU_MIN).finish();
        Some((link, Payload::Knock(family)))
    }
}
