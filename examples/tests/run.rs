//! The examples, run against each other in namespaces with one link.
#![cfg(target_os = "linux")]

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::process::{Child, ChildStdout, Command, Stdio};

/// One interface, `eth0`, whose cable ends in another namespace.
const ETH0: &str = "
    unshare -n sleep 300 >/dev/null 2>&1 & there=$!
    until [ $(readlink /proc/$there/ns/net) != $(readlink /proc/$$/ns/net) ]; do sleep 0.1; done
    ip link set lo up
    ip link add eth0 type veth peer name eth1 netns $there
    nsenter -t $there -n ip link set eth1 up
    ip link set eth0 up; ip addr add 192.168.1.1/24 dev eth0";

/// A running example, which is killed when the test ends.
struct Example {
    child: Child,
    lines: BufReader<ChildStdout>,
}

impl Example {
    fn start(program: &str, arguments: &[&str]) -> Self {
        let mut child = Command::new(program)
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("it starts");
        let lines = BufReader::new(child.stdout.take().expect("it has an output"));
        Self { child, lines }
    }

    /// Reads until a line contains all of these words, and returns it.
    fn until(&mut self, words: &[&str]) -> String {
        let mut read = String::new();
        loop {
            let mut line = String::new();
            let length = self.lines.read_line(&mut line).expect("its output is text");
            assert!(length > 0, "it ended without {words:?}: {read}");
            if words.iter().all(|word| line.contains(word)) {
                return line;
            }
            read.push_str(&line);
        }
    }

    /// Presses Enter, and reads the rest.
    fn enter(mut self) -> String {
        let mut input = self.child.stdin.take().expect("it has an input");
        input.write_all(b"\n").expect("it reads");
        self.rest()
    }

    fn interrupt(&self) {
        netcell::sh(&format!("kill -INT {}", self.child.id()));
    }

    /// Reads until the example has ended, which must be a success.
    fn rest(mut self) -> String {
        let mut rest = String::new();
        let read = self.lines.read_to_string(&mut rest);
        read.expect("its output is text");
        assert!(self.child.wait().expect("it ends").success(), "{rest}");
        rest
    }
}

impl Drop for Example {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Starts the example of this name.
macro_rules! start {
    ($name:ident $($argument:expr)*) => {
        Example::start(env!(concat!("CARGO_BIN_EXE_", stringify!($name))), &[$($argument),*])
    };
}

#[test]
fn the_browsers_find_the_web_server_until_it_is_interrupted() {
    let test = "the_browsers_find_the_web_server_until_it_is_interrupted";
    netcell::run(test, ETH0, || {
        let mut tokio = start!(browse_tokio "_http._tcp");
        let mut smol = start!(browse_smol "_http._tcp");
        let mut server = start!(web_server "Front Door");
        server.until(&["found as Front Door._http._tcp.local"]);
        tokio.until(&["+ Front Door at ", "192.168.1.1:"]);
        smol.until(&["added Front Door._http._tcp.local at "]);
        let listed = start!(browse_blocking).rest();
        assert!(
            listed.contains("Front Door._http._tcp.local at "),
            "{listed}"
        );

        server.interrupt();
        let goodbyes = server.rest();
        assert!(goodbyes.contains("goodbyes were sent"), "{goodbyes}");
        tokio.until(&["- Front Door: goodbye"]);
        smol.until(&["removed Front Door._http._tcp.local: goodbye"]);
    });
}

#[test]
fn a_connection_wins_the_race_though_the_server_refuses_its_other_address() {
    let test = "a_connection_wins_the_race_though_the_server_refuses_its_other_address";
    netcell::run(test, ETH0, || {
        let mut server = start!(web_server "Front Door");
        server.until(&["found as"]);
        let connected = start!(connect "Front Door" "_http._tcp").rest();
        assert!(
            connected.contains("connected to 192.168.1.1:"),
            "{connected}"
        );
        assert!(connected.contains("HTTP/1.0 200 OK"), "{connected}");
    });
}

#[test]
fn what_is_published_for_another_device_can_be_resolved() {
    let test = "what_is_published_for_another_device_can_be_resolved";
    netcell::run(test, ETH0, || {
        let mut host = start!(publish_host "nas" "192.168.1.7");
        host.until(&["published nas.local"]);
        let found = start!(lookup_host "nas").rest();
        assert_eq!(found, "nas.local has 192.168.1.7 on eth0\n");
        assert!(host.enter().contains("goodbyes were sent"));

        let mut proxy = start!(proxy "Office Printer" "_ipp._tcp" "631" "printer" "192.168.1.33");
        proxy.until(&["registered as Office Printer._ipp._tcp.local"]);
        let found = start!(resolve "Office Printer" "_ipp._tcp").rest();
        assert_eq!(found, "printer.local port 631\n  192.168.1.33 on eth0\n");
        assert!(proxy.enter().contains("goodbyes were sent"));
    });
}

#[test]
fn a_second_service_of_one_name_is_renamed_and_its_probes_are_seen_by_the_monitor() {
    let test = "a_second_service_of_one_name_is_renamed_and_its_probes_are_seen_by_the_monitor";
    netcell::run(test, ETH0, || {
        let mut first = start!(register "Front Door" "_http._tcp" "80" "path=/");
        first.until(&["registered as Front Door;"]);
        let mut monitor = start!(monitor);
        let mut second = start!(register "Front Door" "_http._tcp" "81");
        second.until(&["registered as Front Door (2);"]);
        monitor.until(&["Front Door"]);
        let found = start!(resolve "Front Door" "_http._tcp").rest();
        assert!(found.contains("path=/\n"), "{found}");
        assert!(second.enter().contains("goodbyes were sent"));
    });
}

#[test]
fn the_interfaces_are_those_that_the_filter_or_the_caller_chooses() {
    let test = "the_interfaces_are_those_that_the_filter_or_the_caller_chooses";
    netcell::run(test, ETH0, || {
        for named in [&[][..], &["eth0"]] {
            let program = env!("CARGO_BIN_EXE_interfaces");
            let printed = Example::start(program, named).rest();
            assert!(printed.contains("eth0 is used: "), "{printed}");
            assert!(printed.contains("lo is not used: "), "{printed}");
        }
    });
}

#[test]
fn prometheus_reads_what_was_sent() {
    let test = "prometheus_reads_what_was_sent";
    netcell::run(test, ETH0, || {
        let mut exporter = start!(prometheus "127.0.0.1:0");
        let url = exporter.until(&["http://"]);
        let address = url.trim().strip_prefix("http://").expect("a URL");
        let address = address.strip_suffix("/metrics").expect("its path");
        let address: SocketAddr = address.parse().expect("an address");
        // The first query leaves within 120 ms.
        while sent(address) == 0 {
            std::thread::sleep(std::time::Duration::from_millis(20));
        }
    });
}

/// Returns how many datagrams were sent, as the exporter says.
fn sent(exporter: SocketAddr) -> u64 {
    let mut stream = TcpStream::connect(exporter).expect("it listens");
    let request = b"GET /metrics HTTP/1.0\r\n\r\n";
    stream.write_all(request).expect("it reads");
    let mut page = String::new();
    stream.read_to_string(&mut page).expect("its page is text");
    let mut lines = page.lines();
    let sent = lines.find_map(|line| line.strip_prefix("cooee_sockets_sent_total "));
    sent.expect("it is there").parse().expect("a number")
}
