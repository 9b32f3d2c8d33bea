// JmDNS as a host of the link: obeys commands on standard input, tells events on standard output.
// Both are JSON objects, a line each, as `zeroconf.py` describes them. Arguments: an address, a host name.

import java.io.BufferedReader;
import java.io.ByteArrayOutputStream;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.jmdns.JmDNS;
import javax.jmdns.ServiceEvent;
import javax.jmdns.ServiceInfo;
import javax.jmdns.ServiceListener;
import javax.jmdns.impl.DNSStatefulObject;

public final class Jmdns {
    private static final String STRING = "\"((?:[^\"\\\\]|\\\\.)*)\"";

    private static final long ANNOUNCED_LIMIT_MS = 20_000;

    private final JmDNS jmdns;
    private final Map<String, ServiceInfo> published = new ConcurrentHashMap<>();
    private final ExecutorService workers = Executors.newCachedThreadPool();

    private Jmdns(JmDNS jmdns) {
        this.jmdns = jmdns;
    }

    public static void main(String[] arguments) throws Exception {
        JmDNS jmdns = JmDNS.create(InetAddress.getByName(arguments[0]), arguments[1]);
        Jmdns peer = new Jmdns(jmdns);
        BufferedReader lines = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        tell("ready", "");
        for (String line = lines.readLine(); line != null; line = lines.readLine()) {
            peer.obey(line);
        }
        jmdns.close();
        System.exit(0);
    }

    private void obey(String command) throws Exception {
        String type = text(command, "type") + ".local.";
        String instance = text(command, "instance");
        switch (text(command, "do")) {
            case "browse" -> jmdns.addServiceListener(type, new Listener());
            case "register" -> workers.execute(() -> register(command, type, instance));
            case "update" -> published.get(instance).setText(record(texts(command, "txt")));
            case "unregister" -> jmdns.unregisterService(published.remove(instance));
            default -> throw new IllegalArgumentException(command);
        }
    }

    private void register(String command, String type, String instance) {
        Matcher port = Pattern.compile("\"port\":(\\d+)").matcher(command);
        port.find();
        byte[] txt = record(texts(command, "txt"));
        ServiceInfo service =
                ServiceInfo.create(type, instance, Integer.parseInt(port.group(1)), 0, 0, true, txt);
        published.put(instance, service);
        try {
            jmdns.registerService(service);
            // That was only the beginning, and it answers no question until it has announced twice.
            ((DNSStatefulObject) service).waitForAnnounced(ANNOUNCED_LIMIT_MS);
            tell("registered", named(service.getName(), type));
        } catch (Exception error) {
            tell("failed", named(instance, type) + field("why", error.toString()));
        }
    }

    /** Tells what becomes of the services of a type. */
    private static final class Listener implements ServiceListener {
        /** What was added and not removed: as addresses leave, the package resolves the dead again. */
        private final Set<String> present = ConcurrentHashMap.newKeySet();

        @Override
        public void serviceAdded(ServiceEvent event) {
            present.add(event.getName());
            event.getDNS().requestServiceInfo(event.getType(), event.getName(), true);
        }

        @Override
        public void serviceRemoved(ServiceEvent event) {
            present.remove(event.getName());
            tell("lost", named(event.getName(), event.getType()));
        }

        @Override
        public void serviceResolved(ServiceEvent event) {
            if (!present.contains(event.getName())) {
                return;
            }
            ServiceInfo info = event.getInfo();
            List<String> addresses = new ArrayList<>();
            for (InetAddress address : info.getInetAddresses()) {
                addresses.add(quoted(address.getHostAddress()));
            }
            String fields = field("host", withoutDot(info.getServer()))
                    + ", \"port\": " + info.getPort()
                    + ", \"txt_hex\": [" + String.join(", ", strings(info.getTextBytes())) + "]"
                    + ", \"addresses\": [" + String.join(", ", addresses) + "]";
            tell("resolved", named(event.getName(), event.getType()) + fields);
        }
    }

    private static synchronized void tell(String event, String fields) {
        byte[] line = ("{\"event\": " + quoted(event) + fields + "}\n").getBytes(StandardCharsets.UTF_8);
        System.out.write(line, 0, line.length);
        System.out.flush();
    }

    private static String named(String instance, String type) {
        return field("instance", instance) + field("type", type.replace(".local.", ""));
    }

    private static String field(String name, String value) {
        return ", " + quoted(name) + ": " + quoted(value);
    }

    private static String withoutDot(String name) {
        return name.endsWith(".") ? name.substring(0, name.length() - 1) : name;
    }

    /** The TXT record of these strings; the empty string stands for none. */
    private static byte[] record(List<String> strings) {
        ByteArrayOutputStream record = new ByteArrayOutputStream();
        for (String string : strings.isEmpty() ? List.of("") : strings) {
            byte[] bytes = string.getBytes(StandardCharsets.UTF_8);
            record.write(bytes.length);
            record.writeBytes(bytes);
        }
        return record.toByteArray();
    }

    /** The strings of a TXT record, each as quoted hexadecimal digits. */
    private static List<String> strings(byte[] record) {
        List<String> strings = new ArrayList<>();
        for (int place = 0; place < record.length; place += 1 + (record[place] & 0xff)) {
            StringBuilder digits = new StringBuilder();
            for (int at = 1; at <= (record[place] & 0xff) && place + at < record.length; at++) {
                digits.append(String.format("%02x", record[place + at]));
            }
            if (digits.length() > 0) {
                strings.add(quoted(digits.toString()));
            }
        }
        return strings;
    }

    private static String text(String json, String name) {
        Matcher found = Pattern.compile(quoted(name) + ":" + STRING).matcher(json);
        return found.find() ? plain(found.group(1)) : "";
    }

    private static List<String> texts(String json, String name) {
        List<String> texts = new ArrayList<>();
        Matcher list = Pattern.compile(quoted(name) + ":\\[((?:" + STRING + ",?)*)\\]").matcher(json);
        if (list.find()) {
            Matcher one = Pattern.compile(STRING).matcher(list.group(1));
            while (one.find()) {
                texts.add(plain(one.group(1)));
            }
        }
        return texts;
    }

    private static String plain(String escaped) {
        return escaped.replaceAll("\\\\(.)", "$1");
    }

    private static String quoted(String text) {
        return "\"" + text.replace("\\", "\\\\").replace("\"", "\\\"") + "\"";
    }
}
