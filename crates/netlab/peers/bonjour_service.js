// The package `bonjour-service` as a host of the link. It reads one packet at a time: a service is
// found when one packet has its PTR and SRV records. It gives no name up, and never changes a record.

const { Bonjour } = require("bonjour-service");

const bonjour = new Bonjour({}, (error) => tell("failed", { why: String(error) }));
const browsers = [];
const published = new Map();

/** What it has of a service; a TXT string it cannot split is lost by the package. */
function fieldsOf(service, type) {
  return {
    // It cuts names at their first dot.
    instance: service.name,
    type,
    host: service.host,
    port: service.port,
    txt_hex: (service.rawTxt ?? []).map((string) => string.toString("hex")).filter((hex) => hex),
    addresses: service.addresses,
  };
}

obey(
  {
    browse({ type }) {
      const browser = bonjour.find({ type: labelOf(type) });
      browsers.push(browser);
      browser.on("up", (service) => tell("resolved", fieldsOf(service, type)));
      browser.on("down", (service) => tell("lost", { instance: service.name, type }));
      for (const change of ["txt-update", "srv-update"]) {
        browser.on(change, (service) => tell("updated", fieldsOf(service, type)));
      }
    },
    ask_again() {
      browsers.forEach((browser) => browser.update());
    },
    register({ instance, type, port, host, txt }) {
      const service = bonjour.publish({
        name: instance,
        type: labelOf(type),
        port,
        host: host + ".local",
        txt: attributes(txt),
      });
      published.set(instance, service);
      service.on("up", () => tell("registered", { instance, type }));
    },
    unregister({ instance }) {
      published.get(instance).stop();
      published.delete(instance);
    },
  },
  () => bonjour.unpublishAll(() => bonjour.destroy(() => process.exit(0))),
);

// A taken name is reported to people alone, as an error on standard output.
console.log = (error) => tell("taken", { why: String(error) });
