import type { Rendering } from "../platform/index.ts";

export interface ExposedUrl {
  readonly component: string;
  readonly url: string;
}

const exposing = new Set(["Ingress", "HTTPRoute", "Route"]);

/** Where the front door serves each exposed component: `http://COMPONENT.PLATFORM.localhost:PORT/`. */
export function exposedUrls(rendering: Pick<Rendering, "objects" | "platform">, door: number): ExposedUrl[] {
  const components = new Set<string>();
  for (const { object, component } of rendering.objects) {
    if (component === undefined) continue;
    const balanced = object.kind === "Service" && (object.spec as { type?: string }).type === "LoadBalancer";
    if (exposing.has(object.kind) || balanced) components.add(component);
  }
  return [...components].map((component) => ({
    component,
    url: `http://${component}.${rendering.platform}.localhost:${door}/`,
  }));
}
