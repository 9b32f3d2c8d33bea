# A CUPS of its own, with one shared printer; its sockets and files are in the folder $d.
d=$(mktemp -d)
cd "$d" || exit
export TMPDIR="$d"
mkdir etc cache run run/certs log spool tmp
cat > etc/cups-files.conf <<FILES
User daemon
Group daemon
SystemGroup root
ServerRoot $d/etc
CacheDir $d/cache
StateDir $d/run
RequestRoot $d/spool
TempDir $d/tmp
AccessLog $d/log/access
ErrorLog $d/log/error
PageLog $d/log/page
FileDevice yes
FILES
cat > etc/cupsd.conf <<DAEMON
Listen *:631
Listen $d/socket
Browsing Yes
BrowseLocalProtocols dnssd
DefaultShared Yes
DefaultAuthType None
WebInterface No
<Location />
  Order allow,deny
  Allow all
</Location>
<Policy default>
  <Limit All>
    Order deny,allow
  </Limit>
</Policy>
DAEMON
cat > etc/printers.conf <<PRINTERS
<DefaultPrinter Lab>
UUID urn:uuid:00000000-1111-2222-3333-444444444444
Info The lab's printer
Location Shelf 3
DeviceURI file:///dev/null
State Idle
Accepting Yes
Shared Yes
OpPolicy default
ErrorPolicy stop-printer
</Printer>
PRINTERS
cat > browsed.conf <<BROWSED
BrowseRemoteProtocols dnssd
BrowseLocalProtocols none
CreateIPPPrinterQueues All
CacheDir $d/cache
LogDir $d/log
DomainSocket $d/socket
BROWSED
timeout 20 cupsd -f -c "$d/etc/cupsd.conf" -s "$d/etc/cups-files.conf" > out 2>&1 &
