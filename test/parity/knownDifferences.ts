/** The cases in which the sandbox is meant to answer otherwise than a real API server: title -> what differs, and why it may. */
export const knownDifferences: Readonly<Record<string, string>> = {
  "what becomes of a Node":
    "No taint not-ready: nothing in the sandbox would take it off, as its node is ready when it registers.",
  "bodies that are not JSON, with their words":
    "What is wrong with JSON is said in the words of JavaScript's parser; status and reason are the same.",
  "node ports: one for two ports":
    "A change that gives two ports of a Service one node port is refused with the field's name, where a real server fails with 500.",
};
