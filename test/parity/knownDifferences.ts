/** The cases in which the sandbox still answers otherwise than a real API server: title -> what differs, and why it may. */
export const knownDifferences: Readonly<Record<string, string>> = {
  "what becomes of a Node": "Nodes get no podCIDRs, no taint not-ready, and no empty status.",
  "pages with tokens that are none":
    "Only the wording differs: the sandbox says in its own words what is wrong.",
  "initial events asked for in a wrong way":
    "Only the first of several causes is found, and two combinations are taken that a real server refuses.",
  "a watch of a pod's states":
    "A bound pod that is deleted at once goes in one event, a real server sends a MODIFIED with grace period 0 first.",
  "options of deletes that are none":
    "Unknown propagation policies are 400 instead of 422, and some options are not checked.",
  "bodies that are not JSON, with their words":
    "Only the wording differs: the sandbox says in its own words what is wrong.",
};
