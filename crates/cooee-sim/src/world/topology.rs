//! What a test does to hosts and links: attach, unplug, readdress, partition, put to sleep, kill.

use cooee_proto::link::{Family, LinkAddress, LinkChange, LinkId, LinkInfo};
use cooee_proto::transmit::SendFailure;

use crate::host::{Addressing, Interface, Setup};
use crate::link::{MTU, addresses};
use crate::node::Node;
use crate::weather::Channel;
use crate::world::{HostSetup, World};

impl HostSetup<'_> {
    /// Attaches the host to a link with an address of each family.
    pub fn on(self, link: &str) -> Self {
        self.on_with(link, Addressing::Dual)
    }

    /// Attaches the host to a link with the addresses given.
    pub fn on_with(self, link: &str, addressing: Addressing) -> Self {
        let host = self.host;
        self.world.attach_index(host, link, &addressing);
        self
    }
}

impl World {
    /// Attaches a host to one more link (or once more to the same) and returns the interface.
    pub fn attach(&mut self, host: &str, link: &str, addressing: &Addressing) -> LinkId {
        let host = self.host_index(host);
        self.attach_index(host, link, addressing)
    }

    fn attach_index(&mut self, host: usize, link_name: &str, addressing: &Addressing) -> LinkId {
        let link = self.link_index(link_name);
        let nth = self.links[link].members.len();
        let interfaces = &mut self.hosts[host].interfaces;
        // As on a real host, index 1 is the loopback interface, which is not one of ours.
        let number = u32::try_from(interfaces.len() + 2).expect("few interfaces");
        let id = LinkId(number);
        interfaces.push(Interface {
            link,
            id,
            up: false,
            info: LinkInfo {
                addresses: addresses(link, nth, addressing),
                mtu: MTU,
            },
            channel: Channel::default(),
            refused: Vec::new(),
        });
        let interface = interfaces.len() - 1;
        self.links[link].members.push((host, interface));
        self.set_up(host, interface, true);
        id
    }

    /// Returns the interface a host has on a link (the first, if several).
    pub fn link_id(&self, host: &str, link: &str) -> LinkId {
        let host = self.host_index(host);
        self.hosts[host].interfaces[self.interface_index(host, link)].id
    }

    /// Returns the addresses of a host on a link.
    pub fn addresses(&self, host: &str, link: &str) -> &[LinkAddress] {
        let host = self.host_index(host);
        &self.hosts[host].interfaces[self.interface_index(host, link)]
            .info
            .addresses
    }

    /// Pulls the cable of a host on a link; the host is informed.
    pub fn unplug(&mut self, host: &str, link: &str) {
        let host = self.host_index(host);
        let interface = self.interface_index(host, link);
        self.set_up(host, interface, false);
    }

    /// Plugs the cable back in, with the same addresses as before; the host is informed.
    pub fn plug(&mut self, host: &str, link: &str) {
        let host = self.host_index(host);
        let interface = self.interface_index(host, link);
        self.set_up(host, interface, true);
    }

    /// Returns a host other addresses on a link; the host is informed.
    pub fn readdress(&mut self, host: &str, link: &str, addressing: &Addressing) {
        let (host, link_index) = (self.host_index(host), self.link_index(link));
        let interface = self.interface_index(host, link);
        let members = &self.links[link_index].members;
        let nth = members
            .iter()
            .position(|&member| member == (host, interface));
        let nth = nth.expect("an interface is a member of its link");
        let end = &mut self.hosts[host].interfaces[interface];
        end.info.addresses = addresses(link_index, nth, addressing);
        if end.up {
            self.tell_of(host, interface);
        }
    }

    /// Makes the system of a host refuse to send on a link over some families, as a firewall does;
    /// with none, everything is sent again.
    pub fn refuse_on(&mut self, host: &str, link: &str, families: &[Family]) {
        let host = self.host_index(host);
        let interface = self.interface_index(host, link);
        self.hosts[host].interfaces[interface].refused = families.to_vec();
    }

    /// Lets nothing pass from one host to another on a link; the way back stays open.
    pub fn block(&mut self, link: &str, from: &str, to: &str) {
        let pair = (self.host_index(from), self.host_index(to));
        let link = self.link_index(link);
        self.links[link].blocked.insert(pair);
    }

    /// Parts a link in two: nothing passes between a host of `left` and one of `right`.
    pub fn partition(&mut self, link: &str, left: &[&str], right: &[&str]) {
        for from in left {
            for to in right {
                self.block(link, from, to);
                self.block(link, to, from);
            }
        }
    }

    /// Ends every partition and block on a link.
    pub fn heal(&mut self, link: &str) {
        let link = self.link_index(link);
        self.links[link].blocked.clear();
    }

    /// Makes the system of a host refuse everything it sends over some families, or nothing more.
    pub fn refuse(&mut self, host: &str, families: &[Family], why: SendFailure) {
        let host = self.host_index(host);
        self.hosts[host].refuses = families.iter().map(|&family| (family, why)).collect();
    }

    /// Puts a host to sleep: its node is not called and receives nothing until [`World::wake`].
    pub fn sleep(&mut self, host: &str) {
        let host = self.host_index(host);
        self.hosts[host].asleep = true;
        self.hosts[host].armed = None;
    }

    /// Wakes a host: its clock has jumped, and its node learns of links that changed since, and
    /// that it resumed.
    pub fn wake(&mut self, host: &str) {
        let host = self.host_index(host);
        self.hosts[host].asleep = false;
        let missed = std::mem::take(&mut self.hosts[host].missed);
        let changes: Vec<_> = missed
            .into_iter()
            .map(|end| self.state_of(host, end))
            .collect();
        self.call(host, |node, now| {
            for change in changes {
                node.handle_link(now, change);
            }
            node.handle_link(now, LinkChange::Resumed);
        });
    }

    /// Ends a node like a power cut: no goodbye, nothing received or sent from now on.
    pub fn crash(&mut self, host: &str) {
        let host = self.host_index(host);
        self.hosts[host].node = None;
        self.hosts[host].armed = None;
    }

    /// Starts a new node on a host (after a crash, or instead of the old one).
    pub fn restart<N: Node + 'static>(&mut self, name: &str, make: impl FnOnce(Setup<'_>) -> N) {
        let host = self.host_index(name);
        let setup = Setup {
            seed: self.rng.fork(),
            now: self.now,
            name,
        };
        self.hosts[host].node = Some(Box::new(make(setup)));
        self.hosts[host].asleep = false;
        self.hosts[host].missed.clear();
        self.call(host, |_, _| ());
        for interface in 0..self.hosts[host].interfaces.len() {
            if self.hosts[host].interfaces[interface].up {
                self.hosts[host].interfaces[interface].up = false;
                self.set_up(host, interface, true);
            }
        }
    }

    fn set_up(&mut self, host: usize, interface: usize, up: bool) {
        let end = &mut self.hosts[host].interfaces[interface];
        if end.up == up {
            return;
        }
        end.up = up;
        self.tell_of(host, interface);
    }

    /// Informs a host of the state of one of its interfaces; one that sleeps learns it when it
    /// wakes.
    fn tell_of(&mut self, host: usize, interface: usize) {
        if self.hosts[host].asleep {
            self.hosts[host].missed.insert(interface);
            return;
        }
        let change = self.state_of(host, interface);
        self.call(host, |node, now| node.handle_link(now, change));
    }

    fn state_of(&self, host: usize, interface: usize) -> LinkChange {
        let end = &self.hosts[host].interfaces[interface];
        if end.up {
            LinkChange::Up {
                link: end.id,
                info: end.info.clone(),
            }
        } else {
            LinkChange::Down { link: end.id }
        }
    }

    fn interface_index(&self, host: usize, link: &str) -> usize {
        let link_index = self.link_index(link);
        let found = self.hosts[host]
            .interfaces
            .iter()
            .position(|end| end.link == link_index);
        found.unwrap_or_else(|| panic!("host {} is not on link {link}", self.hosts[host].name))
    }
}
