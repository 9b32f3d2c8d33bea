//! The border: checks a datagram before anything inside sees it.
//!
//! In:  a datagram and the link on which it arrived.
//! Out: a readable message, or the reason why it is ignored. RFC 6762 sections 6, 11 (source
//!      address check), 17 and 18.

pub(crate) mod echo;
pub(crate) mod rate;

use core::net::IpAddr;

use cooee_wire::{Message, Rcode};

use crate::config::SourceCheck;
use crate::link::LinkInfo;
use crate::transmit::{Datagram, Ignored, MDNS_PORT, MESSAGE_LEN_MAX};

/// A message that passed the checks.
pub(crate) struct Admitted<'a> {
    pub(crate) message: Message<'a>,
    /// Whether it was sent to the group, not to an address of ours.
    pub(crate) multicast: bool,
}

/// Checks where a datagram comes from, and whether its header can be one of Multicast DNS.
pub(crate) fn admit<'a>(
    datagram: &Datagram<'a>,
    link: &LinkInfo,
    check: SourceCheck,
) -> Result<Admitted<'a>, Ignored> {
    let source = datagram.source.ip();
    let is_unicast_source = !source.is_multicast() && !source.is_unspecified();
    if datagram.source.port() == 0 || !is_unicast_source || is_broadcast(source) {
        return Err(Ignored::BadSource);
    }
    if datagram.bytes.len() > MESSAGE_LEN_MAX {
        return Err(Ignored::TooLong);
    }
    let multicast = datagram.destination.is_multicast();
    //= https://www.rfc-editor.org/rfc/rfc6762#section-5.5
    //# Since it is possible
    //# for a unicast query to be received from a machine outside the local
    //# link, responders SHOULD check that the source address in the query
    //# packet matches the local subnet for that link (or, in the case of
    //# IPv6, the source address has an on-link prefix) and silently ignore
    //# the packet if not.
    let must_be_on_link = match check {
        SourceCheck::Local => !multicast,
        SourceCheck::SameSubnet => true,
    };
    if must_be_on_link && !link.is_on_link(source) {
        //= https://www.rfc-editor.org/rfc/rfc6762#section-11
        //# A host sending Multicast DNS queries to a link-local destination
        //# address (including the 224.0.0.251 and FF02::FB link-local multicast
        //# addresses) MUST only accept responses to that query that originate
        //# from the local link, and silently discard any other response packets.
        return Err(Ignored::OffLink);
    }
    let message = Message::parse(datagram.bytes).map_err(|_| Ignored::Malformed)?;
    let flags = message.header().flags;
    //= https://www.rfc-editor.org/rfc/rfc6762#section-18.3
    //# Multicast DNS messages received with an OPCODE other than
    //# zero MUST be silently ignored.
    //= https://www.rfc-editor.org/rfc/rfc6762#section-18.11
    //# Multicast DNS messages received with non-zero Response
    //# Codes MUST be silently ignored.
    if flags.opcode() != 0 || flags.rcode() != Rcode::NO_ERROR {
        return Err(Ignored::Opcode);
    }
    //= https://www.rfc-editor.org/rfc/rfc6762#section-6
    //# Multicast DNS implementations MUST silently ignore any Multicast DNS
    //# responses they receive where the source UDP port is not 5353.
    if flags.is_response() && datagram.source.port() != MDNS_PORT {
        return Err(Ignored::ResponsePort);
    }
    Ok(Admitted { message, multicast })
}

fn is_broadcast(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(v4) => v4.is_broadcast(),
        IpAddr::V6(_) => false,
    }
}

#[cfg(test)]
mod tests;
