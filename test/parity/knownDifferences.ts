/** The cases in which the sandbox still answers otherwise than a real API server: title -> what differs, and why it may. */
export const knownDifferences: Readonly<Record<string, string>> = {
  "create of another apiVersion than the path's is refused":
    "Only the wording differs: the sandbox says in its own words what is wrong.",
  "apply as YAML": "Only the wording differs: the sandbox says in its own words what is wrong.",
  "apply with twice the same key":
    "A real server warns of a doubled key and takes the last; the sandbox refuses YAML that has one, and does not warn of JSON.",
  "apply with a field of the wrong type": "Go prints a text without quotation marks here.",
  "giving replicas over to another manager": "Server-side apply to the scale subresource is not served yet.",
  "apply and conditions by type on status": "Times that were left out are written as null by a real server.",
  "apply of a list item without its key":
    "A real server refuses the object as invalid, the sandbox the configuration.",
  "the last configuration annotation of kubectl is not owned by an update":
    "The fields of the annotation's JSON are in another order.",
  "two managers and accessModes (atomic)":
    "No finalizer pvc-protection: nothing in the sandbox would remove it.",
  "what becomes of a DaemonSet": "The annotation deprecated.daemonset.template.generation is not kept.",
  "what becomes of a Job":
    "A real server writes a Job again that is sent unchanged; the sandbox sees that nothing changed.",
  "what becomes of a Job with counts":
    "A real server writes a Job again that is sent unchanged; the sandbox sees that nothing changed.",
  "what becomes of a suspended Job":
    "A real server writes a Job again that is sent unchanged; the sandbox sees that nothing changed.",
  "what becomes of a Service with a LoadBalancer":
    "No healthCheckNodePort is given out: nothing in the sandbox would answer on it.",
  "what becomes of a claim": "No finalizer pvc-protection: nothing in the sandbox would remove it.",
  "what becomes of a claim of a class":
    "No finalizer pvc-protection: nothing in the sandbox would remove it.",
  "what becomes of an Event":
    "Times that were left out are written as null by a real server; the sandbox owns the empty reporting fields.",
  "what becomes of Endpoints": "The sandbox does not warn that Endpoints are deprecated.",
  "what becomes of an EndpointSlice": "Empty conditions of an endpoint are not written.",
  "what becomes of a ControllerRevision": "A real server does not track fields inside data.",
  "what becomes of a Node": "Nodes get no podCIDRs, no taint not-ready, and no empty status.",
  "what becomes of a CSIDriver": "A CSIDriver's fields are not defaulted: the sandbox runs none.",
  "an older autoscaler is the newer one": "autoscaling/v1 and v2 are not converted into each other.",
  "a core Event is one of events.k8s.io too": "The two kinds of Event are stored apart.",
  "refused: a user beyond 2^31": "The range of runAsUser is not checked.",
  "refused: no selector": "One cause instead of two.",
  "refused: a Service's address outside the range": "A Service's address may be any.",
  "refused: an autoscaler without a target": "One cause instead of two for the same field.",
  "refused: an autoscaler with minimum above maximum": "A scale target without an apiVersion is taken.",
  "refused: a time that is none":
    "Only the wording differs: the sandbox says in its own words what is wrong.",
  "status of a pod by replace and patch":
    "Times that were left out are written, and owned, as null by a real server.",
  "status of a Job: refused when it makes no sense, taken when it does":
    "The status of a Job is not checked.",
  "a pod's node can't be patched in": "The sandbox lets a pod be bound by a patch too.",
  "logs of a pod that no node has":
    "A pod without a node has empty logs in a real cluster; the sandbox says that there is no node, and does not check the parameters first.",
  "ephemeral containers are added through theirs":
    "The sandbox takes ephemeral containers by the main path too.",
  "label selectors that are none":
    "Only the wording differs: the sandbox says in its own words what is wrong.",
  "pages with tokens that are none":
    "Only the wording differs: the sandbox says in its own words what is wrong.",
  "resourceVersions and matches that are none":
    "An unknown resourceVersionMatch is taken as none, and the wording differs.",
  "initial events asked for in a wrong way":
    "Only the first of several causes is found, and two combinations are taken that a real server refuses.",
  "a watch from a version that is none": "400 BadRequest instead of a real server's 500.",
  "a watch of a pod's states":
    "A bound pod that is deleted at once goes in one event, a real server sends a MODIFIED with grace period 0 first.",
  "the table of a Pod that runs":
    "Times that were left out are written, and owned, as null by a real server.",
  "the table of a DaemonSet": "The annotation deprecated.daemonset.template.generation is not kept.",
  "the table of an Event": "An empty reporting controller is owned, and the count is a text.",
  "the table of a LimitRange": "An empty list of limits is kept, and owned otherwise.",
  "the table of Endpoints": "The sandbox does not warn that Endpoints are deprecated.",
  "metadata only": "A list is given in the form of single objects where a real server refuses.",
  "forms that nobody has": "Unknown media types are answered in JSON, or refused in other words.",
  "delete with preconditions": "Only the wording differs: the sandbox says in its own words what is wrong.",
  "options of deletes that are none":
    "Unknown propagation policies are 400 instead of 422, and some options are not checked.",
  "a definition becomes established": "A definition is established at once, not a moment later.",
  "a definition with everything": "A definition is established at once, not a moment later.",
  "a definition refused: without a type":
    "Only the wording differs: the sandbox says in its own words what is wrong.",
  "a definition refused: a default that does not fit":
    "Only the wording differs: the sandbox says in its own words what is wrong.",
  "a definition refused: a pattern that is none":
    "Only the wording differs: the sandbox says in its own words what is wrong.",
  "a definition refused: names that do not fit":
    "A definition is established at once; one cause instead of several.",
  "a custom object refused by its schema": "One cause instead of a real server's two for the same number.",
  "a definition's schema can change":
    "Defaults are written with an object, and not added when one is read that was stored before.",
  "validation rules in CEL": "Rules in CEL are not evaluated.",
  "bodies that are not JSON": "A body of null is refused as malformed instead of as nameless.",
  "bodies that are not JSON, with their words":
    "Only the wording differs: the sandbox says in its own words what is wrong.",
  "namespaces whose names are none, or taken":
    "Only the wording differs: the sandbox says in its own words what is wrong.",
  "a token is asked for with a lifetime that makes sense":
    "The answer to a request for a token does not say who owns its fields.",
};
