import { z } from "zod";
import { lazily } from "../platform/lazily.ts";
import type { DevContainer, Problem } from "../contract/index.ts";
import { defineComponent, defineKind } from "../platform/Component.ts";
import type { PlacedComponent, RenderContext } from "../platform/ComponentKind.ts";
import { imageRef } from "../platform/fields.ts";
import { checkDeployment, deploymentFields, renderDeployment } from "./deployment.ts";
import { exposeField } from "./expose/exposeFields.ts";
import { checkExpose, renderExpose } from "./expose/renderExpose.ts";
import { everyKind } from "./fields.ts";
import { finished } from "./finished.ts";
import { finding, nameProblems } from "./finding.ts";
import { checkPod } from "./pod/checkPod.ts";
import { checkFilesSize, fileContent, filesConfigMap, renderFiles } from "./pod/files.ts";
import { placementField } from "./pod/placement.ts";
import { portsOf } from "./pod/ports.ts";
import type { ProgramSpec } from "./pod/program.ts";
import { podSecrets, renderPod, type PodOptions } from "./pod/renderPod.ts";
import { resourcesField } from "./pod/resources.ts";
import { securityFields } from "./pod/security.ts";
import { addressOf, serviceObject } from "./service.ts";

const schema = lazily(() =>
  z.strictObject({
    ...everyKind(),
    ...deploymentFields(),
    ...securityFields(),
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
  }),
);

type Spec = z.output<ReturnType<typeof schema>>;

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
    ...checkPages(component, context),
    ...checkFilesSize(component, component.spec.files, context),
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
      gracePeriod: 30 + stopDelay,
      lifecycle: { preStop: { sleep: { seconds: stopDelay } } },
      dev: devOf(image?.dev),
      own: pagesOf(component, context),
    });
    const objects = [...renderDeployment(component, context, pod), serviceObject(component, context, ports)];
    return finished([...objects, ...renderExpose(component, ports, context)], context);
  },
});

// As long as for a service: until everybody has heard that this pod stops.
const stopDelay = 3;

/** The sandbox's own file server instead of nginx: in the image's folder, or where the pages are mounted. */
const devOf = (dev: DevContainer | undefined): DevContainer => {
  if (dev === undefined) return { builtin: "static", cwd: root };
  return dev.run === undefined ? { ...dev, builtin: "static" } : dev;
};

/** The pages as one folder: they replace what the image has there. */
function pagesOf(component: PlacedComponent<Spec>, context: RenderContext): NonNullable<PodOptions["own"]> {
  const files = Object.entries(component.spec.files ?? {}).map(
    ([path, content]) => [`/${path}`, content] as const,
  );
  const pages = renderFiles({ files: Object.fromEntries(files) }, "", context);
  const configMap = filesConfigMap(component, [pages], context, "pages");
  if (configMap === undefined) return {};
  const items = pages.volumeMounts.map(({ mountPath, subPath }) => ({
    key: subPath,
    path: mountPath.slice(1),
    mode: pages.modes[subPath],
  }));
  return {
    configMaps: [configMap],
    volumes: [{ name: "pages", configMap: { name: configMap.metadata.name, items } }],
    volumeMounts: [{ name: "pages", mountPath: root, readOnly: true }],
  };
}

/** The nginx that serves it. `STATIC_FALLBACK` tells the sandbox's own server what its configuration tells nginx. */
function programOf(component: PlacedComponent<Spec>): PlacedComponent<ProgramSpec> {
  const { spec } = component;
  return {
    ...component,
    spec: {
      image: spec.image ?? defaultImage,
      runAs: spec.runAs ?? (spec.image === undefined ? 101 : undefined),
      readOnlyRoot: spec.readOnlyRoot,
      capabilities: spec.capabilities,
      resources: spec.resources,
      placement: spec.placement,
      env: spec.fallback === undefined ? undefined : { STATIC_FALLBACK: spec.fallback },
      files:
        spec.fallback === undefined
          ? undefined
          : { "/etc/nginx/conf.d/default.conf": nginxConfiguration(spec.fallback) },
    },
  };
}

/** Whoever asks gets these files: a secret doesn't belong into them. */
const checkPages = (component: PlacedComponent<Spec>, context: RenderContext): Problem[] =>
  Object.entries(component.spec.files ?? {}).flatMap(([path, content]) => {
    const text = typeof content === "string" ? content : "text" in content ? content.text : "";
    return context.resolve(text).some((piece) => typeof piece === "object" && piece.type === "secret")
      ? [finding(component, `files.${path}`, "a secret stands in a page that everybody can read")]
      : [];
  });

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
