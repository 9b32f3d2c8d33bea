// The package `@homebridge/ciao` as a host of the link: it publishes, and browses nothing.
// Each service has a host of its own, called like it: two of them contest a host that they share.

const ciao = require("@homebridge/ciao");

const responder = ciao.getResponder({ interface: "eth0" });
const published = new Map();

obey(
  {
    async register({ instance, type, port, txt }) {
      const service = responder.createService({
        name: instance,
        type: labelOf(type),
        port,
        txt: attributes(txt),
      });
      published.set(instance, service);
      let name = instance;
      service.on("name-change", (changed) => (name = changed));
      await service.advertise();
      tell("registered", { instance: name, type });
    },
    update({ instance, txt }) {
      published.get(instance).updateTxt(attributes(txt));
    },
    async unregister({ instance }) {
      await published.get(instance).destroy();
      published.delete(instance);
    },
  },
  () => responder.shutdown().then(() => process.exit(0)),
);
