import { z } from "zod";
import { lazily } from "../../platform/lazily.ts";
import { portName, text } from "../fields.ts";

const path = () => z.string().regex(/^\/\S*$/u, { error: 'expected a path that begins with "/"' });

const redirectSchema = lazily(() =>
  z.strictObject({
    host: text().optional(),
    path: path().optional().meta({ description: "Replaces the whole path." }),
    scheme: z.enum(["http", "https"]).optional(),
    status: z.union([z.literal(301), z.literal(302)]).default(302),
  }),
);

const pathSchema = lazily(() =>
  z.strictObject({
    path: path(),
    type: z.enum(["prefix", "exact", "regex"]).default("prefix"),
    port: portName().optional(),
    rewrite: path().optional().meta({ description: "Put in place of the matched prefix." }),
    redirect: redirectSchema().optional(),
  }),
);

const exposeSchema = lazily(() =>
  z.strictObject({
    by: z.enum(["ingress", "httpRoute", "route", "loadBalancer"]).optional().meta({
      description: "How: Ingress, Gateway API HTTPRoute, OpenShift Route, Service of type LoadBalancer.",
    }),
    host: text().optional(),
    port: portName().optional().meta({ description: "The first port unless said." }),
    paths: z
      .array(z.union([path(), pathSchema()]))
      .min(1)
      .optional(),
    tls: z
      .union([z.boolean(), z.strictObject({ secret: text().optional(), issuer: text().optional() })])
      .optional()
      .meta({ description: "true, or an existing Secret, or a cert-manager cluster issuer." }),
    public: z
      .boolean()
      .optional()
      .meta({ description: "Nobody has to sign in: must be said outside the sandbox." }),
    className: z.string().optional(),
    gateway: z
      .strictObject({ name: text(), namespace: text().optional(), section: z.string().optional() })
      .optional()
      .meta({ description: "The Gateway that an HTTPRoute attaches to." }),
    annotations: z.record(z.string(), text()).optional(),
  }),
);

export const exposeField = () =>
  z
    .union([exposeSchema(), z.array(exposeSchema())])
    .optional()
    .meta({ description: "How it is reached from outside." });

export type ExposeSpec = z.output<ReturnType<typeof exposeSchema>>;
export type ExposeField = z.output<ReturnType<typeof exposeField>>;
export type PathSpec = z.output<ReturnType<typeof pathSchema>>;
