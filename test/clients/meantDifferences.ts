/** What is meant to differ: `title of the script: command line` -> why. Each is tested to differ still. */
export const meantDifferences: Readonly<Record<string, string>> = {
  "what is served: kubectl api-resources --namespaced=false -o name --api-group=storage.k8s.io":
    "VolumeAttributesClasses change what a storage provider does; the sandbox has folders.",
  "describe every kind: kubectl describe ingress front":
    "The sandbox's front door serves every Ingress; the real control plane has no controller for them here.",
  'patch edit and replace: kubectl patch deployment web -p \'{"spec":{"replicas":"x"}}\'':
    "A real server quotes the whole object in its refusal, as a map of Go's; it may hold secrets.",
};

/** What the sandbox does not do yet, listed so that nothing new joins it; each is tested to differ still. */
export const openDifferences: Readonly<Record<string, string>> = {
  "what is served: kubectl explain ingress --output=plaintext-openapiv2":
    "OpenAPI v2 names no group, version and kind.",
};
