// Of what there is only so much: which names a cluster, a container and a quota know. (pkg/apis/core/helper)

export const isHuge = (name: string): boolean => name.startsWith("hugepages-");

/** Devices and the like, which others than Kubernetes know: `nvidia.com/gpu`. */
export const isExtended = (name: string): boolean => name.includes("/") && !name.includes("kubernetes.io/");

const counted = new Set([
  "pods",
  "services",
  "replicationcontrollers",
  "resourcequotas",
  "secrets",
  "configmaps",
  "persistentvolumeclaims",
  "services.nodeports",
  "services.loadbalancers",
]);

/** What is counted, and not measured. */
export const isWhole = (name: string): boolean =>
  counted.has(name) || (isExtended(name) && !name.startsWith("requests."));

/** Known by a short name. */
export const isStandard = (name: string): boolean =>
  counted.has(name) ||
  /^(?:(?:requests\.|limits\.)?(?:cpu|memory|ephemeral-storage)|(?:requests\.)?storage|(?:requests\.)?hugepages-.+)$/.test(
    name,
  );

export const isOfContainers = (name: string): boolean =>
  /^(?:cpu|memory|ephemeral-storage|hugepages-.+)$/.test(name);
