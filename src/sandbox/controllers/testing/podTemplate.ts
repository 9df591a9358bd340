import type { PodTemplate } from "../objects/Pod.ts";

/** A template of one small container. */
export const podTemplate = (labels: Record<string, string>, image = "web:1"): PodTemplate => ({
  metadata: { labels },
  spec: {
    containers: [{ name: "main", image, ports: [{ name: "http", containerPort: 8080, protocol: "TCP" }] }],
  },
});
