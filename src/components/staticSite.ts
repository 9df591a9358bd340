import { z } from "zod";
import { defineComponent, defineKind } from "../platform/Component.ts";
import type { PlacedComponent } from "../platform/ComponentKind.ts";
import { imageRef } from "../platform/fields.ts";
import { checkDeployment, deploymentFields, renderDeployment } from "./deployment.ts";
import { exposeField } from "./expose/exposeFields.ts";
import { checkExpose, renderExpose } from "./expose/renderExpose.ts";
import { everyKind } from "./fields.ts";
import { finished } from "./finished.ts";
import { finding, nameProblems } from "./finding.ts";
import { checkPod } from "./pod/checkPod.ts";
import { fileContent } from "./pod/files.ts";
import { placementField } from "./pod/placement.ts";
import { portsOf } from "./pod/ports.ts";
import type { ProgramSpec } from "./pod/program.ts";
import { podSecrets, renderPod } from "./pod/renderPod.ts";
import { resourcesField } from "./pod/resources.ts";
import { securityFields } from "./pod/security.ts";
import { addressOf, serviceObject } from "./service.ts";

const schema = z.strictObject({
  ...everyKind,
  ...deploymentFields,
  ...securityFields,
  image: imageRef()
    .optional()
    .meta({ description: "An nginx image (port 8080) with the pages in /usr/share/nginx/html." }),
  files: z
    .record(
      z.string().regex(/^[^/].*$/u, { error: 'expected a path below the site: "index.html"' }),
      fileContent(),
    )
    .optional()
    .meta({ description: "Small sites: the pages themselves, by their path below the site." }),
  fallback: z
    .string()
    .regex(/^\//u)
    .optional()
    .meta({ description: "Served where there is no such page: /index.html for single-page programs." }),
  resources: resourcesField(),
  placement: placementField(),
  expose: exposeField(),
});

type Spec = z.output<typeof schema>;

const ports = portsOf({ http: 8080 });
const root = "/usr/share/nginx/html";
const defaultImage = "docker.io/nginxinc/nginx-unprivileged:1.29-alpine";

export const staticSiteKind = defineKind({
  kind: "staticSite",
  description: "Pages that nginx serves.",
  schema,
  outputs: ["url", "host", "port"],
  resolve: (output, component) => addressOf(component, ports, output),
  secrets: (component, context) => podSecrets(programOf(component), context),
  check: (component, context) => [
    ...nameProblems(component, "Service"),
    ...(component.spec.image === undefined && component.spec.files === undefined
      ? [
          finding(component, "", "it has no pages", {
            hint: "give it an image with the pages in it, or files",
          }),
        ]
      : []),
    ...checkPod(programOf(component), context, ports),
    ...checkDeployment(component, context).filter(({ message }) => !message.startsWith("its Deployment")),
    ...checkExpose(component, ports, context),
  ],
  render: (component, context) => {
    const { spec } = component;
    const image = spec.image === undefined ? undefined : context.image(spec.image);
    const pod = renderPod(programOf(component), context, {
      ports,
      probes: { readiness: { tcp: "http" } },
      lifecycle: { preStop: { sleep: { seconds: 3 } } },
      dev: image?.dev
        ? { ...image.dev, builtin: image.dev.run ? undefined : "static" }
        : { builtin: "static", cwd: root },
    });
    const objects = [...renderDeployment(component, context, pod), serviceObject(component, context, ports)];
    return finished([...objects, ...renderExpose(component, ports, context)], context);
  },
});

/** The nginx that serves it. `STATIC_ROOT` and `STATIC_FALLBACK` tell the sandbox's own server what its configuration tells nginx. */
function programOf(component: PlacedComponent<Spec>): PlacedComponent<ProgramSpec> {
  const { spec } = component;
  const pages = Object.entries(spec.files ?? {}).map(
    ([path, content]) => [`${root}/${path}`, content] as const,
  );
  return {
    ...component,
    spec: {
      image: spec.image ?? defaultImage,
      runAs: spec.runAs ?? (spec.image === undefined ? 101 : undefined),
      readOnlyRoot: spec.readOnlyRoot,
      capabilities: spec.capabilities,
      resources: spec.resources,
      placement: spec.placement,
      env: {
        ...(spec.files && { STATIC_ROOT: root }),
        ...(spec.fallback !== undefined && { STATIC_FALLBACK: spec.fallback }),
      },
      files: {
        ...Object.fromEntries(pages),
        ...(spec.fallback !== undefined && {
          "/etc/nginx/conf.d/default.conf": nginxConfiguration(spec.fallback),
        }),
      },
    },
  };
}

const nginxConfiguration = (fallback: string): string => `server {
  listen 8080;
  root ${root};
  location / {
    try_files $uri $uri/ ${fallback};
  }
}
`;

/** Pages that nginx serves. */
export const staticSite = defineComponent(staticSiteKind);
