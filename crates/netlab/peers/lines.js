// What the peers of npm have in common: commands on standard input, events on standard output.
// Both are JSON objects, a line each, as `zeroconf.py` describes them.

const readline = require("node:readline");

/** Tells the test of an event. */
function tell(event, fields) {
  process.stdout.write(JSON.stringify({ event, ...fields }) + "\n");
}

/** The keys and values of TXT strings, as both packages take them. */
function attributes(strings) {
  return Object.fromEntries(
    (strings ?? []).map((string) => {
      const [key, ...value] = string.split("=");
      return [key, value.join("=")];
    }),
  );
}

/** The label of a type that both packages want: "http" of "_http._tcp". */
function labelOf(type) {
  return type.split(".")[0].slice(1);
}

/** Obeys a line at a time with the verb that has its name, and ends with `end` after the last. */
function obey(verbs, end) {
  const lines = readline.createInterface({ input: process.stdin });
  lines.on("line", (line) => {
    const command = JSON.parse(line);
    Promise.resolve(verbs[command.do](command)).catch((error) =>
      tell("failed", { instance: command.instance, why: String(error) }),
    );
  });
  lines.on("close", end);
  tell("ready", {});
}
