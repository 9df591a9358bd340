/** The cases in which the sandbox still answers otherwise than a real API server: title -> what differs, and why it may. */
export const knownDifferences: Readonly<Record<string, string>> = {
  "what becomes of a Node": "Nodes get no podCIDRs, no taint not-ready, and no empty status.",
  "status of a Job: refused when it makes no sense, taken when it does":
    "The status of a Job is not checked.",
  "label selectors that are none":
    "Only the wording differs: the sandbox says in its own words what is wrong.",
  "pages with tokens that are none":
    "Only the wording differs: the sandbox says in its own words what is wrong.",
  "initial events asked for in a wrong way":
    "Only the first of several causes is found, and two combinations are taken that a real server refuses.",
  "a watch of a pod's states":
    "A bound pod that is deleted at once goes in one event, a real server sends a MODIFIED with grace period 0 first.",
  "metadata only": "A list is given in the form of single objects where a real server refuses.",
  "forms that nobody has": "Unknown media types are answered in JSON, or refused in other words.",
  "options of deletes that are none":
    "Unknown propagation policies are 400 instead of 422, and some options are not checked.",
  "bodies that are not JSON, with their words":
    "Only the wording differs: the sandbox says in its own words what is wrong.",
  "a token is asked for with a lifetime that makes sense":
    "The answer to a request for a token does not say who owns its fields.",
};
