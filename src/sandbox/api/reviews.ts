import { timeOf } from "../Clock.ts";
import type { ApiResponse, User } from "./ApiRequest.ts";
import { ownAudience } from "./authentication/ServiceAccountTokens.ts";
import { pathAttributes, type Attributes } from "./authorization/Attributes.ts";
import type { Rule } from "./authorization/rules.ts";
import { objectBody } from "./requestBody.ts";
import type { ServerContext } from "./ServerContext.ts";
import { badRequest, StatusError } from "./StatusError.ts";
import { decodeAs, recordOwnership, type Write } from "./writes/index.ts";

/** Kinds that are questions: created, answered, and not kept. */
export const reviewKinds: ReadonlySet<string> = new Set([
  "SelfSubjectAccessReview",
  "SubjectAccessReview",
  "LocalSubjectAccessReview",
  "SelfSubjectRulesReview",
  "SelfSubjectReview",
  "TokenReview",
]);

interface ReviewSpec {
  readonly user?: string;
  readonly groups?: readonly string[];
  readonly uid?: string;
  readonly extra?: User["extra"];
  readonly token?: string;
  readonly audiences?: readonly string[];
  readonly namespace?: string;
  readonly resourceAttributes?: {
    readonly namespace?: string;
    readonly verb?: string;
    readonly group?: string;
    readonly resource?: string;
    readonly subresource?: string;
    readonly name?: string;
  };
  readonly nonResourceAttributes?: { readonly path?: string; readonly verb?: string };
}

/** Answers a review by the rules that there are. Sources: pkg/registry/authorization, pkg/registry/authentication. */
export async function review(write: Write): Promise<ApiResponse> {
  const { context, kind, request } = write;
  const { object, ...body } = await objectBody(request, kind);
  decodeAs(write, object, body, write.options.fieldValidation);
  if (kind.namespaced) object.metadata.namespace = write.info.namespace;
  recordOwnership(write, undefined, object, timeOf(context.clock.now()));
  const { user } = request;
  const spec = (object.spec ?? {}) as ReviewSpec;
  switch (kind.kind) {
    case "SelfSubjectAccessReview":
      object["status"] = access(context, spec, user);
      break;
    case "SubjectAccessReview":
    case "LocalSubjectAccessReview":
      if (!spec.user && (spec.groups ?? []).length === 0)
        throw unclear("spec.user", '""', "at least one of user or group must be specified");
      if (kind.namespaced && spec.resourceAttributes?.namespace !== write.info.namespace)
        throw unclear(
          "spec.resourceAttributes.namespace",
          JSON.stringify(spec.resourceAttributes?.namespace ?? ""),
          "must match metadata.namespace",
        );
      object["status"] = access(context, spec, {
        name: spec.user ?? "",
        groups: spec.groups ?? [],
        ...(spec.uid === undefined ? {} : { uid: spec.uid }),
      });
      break;
    case "SelfSubjectRulesReview":
      object["status"] = rules(context, spec, user);
      break;
    case "SelfSubjectReview":
      object.metadata.creationTimestamp = timeOf(context.clock.now());
      object["status"] = { userInfo: userInfo(user) };
      break;
    default:
      object["status"] = await token(context, spec);
  }
  return {
    status: 201,
    headers: { "content-type": "application/json" },
    body: JSON.stringify(object),
    warnings: write.warnings.map((text) => `299 - ${JSON.stringify(text)}`),
  };
}

const userInfo = ({ name, uid, groups, extra }: User): object => ({
  username: name,
  ...(uid === undefined ? {} : { uid }),
  groups,
  ...(extra === undefined ? {} : { extra }),
});

function access({ authorizer }: ServerContext, spec: ReviewSpec, user: User): object {
  const { resourceAttributes: asked, nonResourceAttributes: path } = spec;
  if (asked !== undefined && path !== undefined)
    throw unclear(
      "spec.nonResourceAttributes",
      "<object>",
      "cannot be specified in combination with resourceAttributes",
    );
  if (asked === undefined && path === undefined)
    throw unclear(
      "spec.resourceAttributes",
      "<object>",
      "exactly one of nonResourceAttributes or resourceAttributes must be specified",
    );
  const attributes: Attributes =
    asked === undefined
      ? { ...pathAttributes(user, path?.verb ?? "", path?.path ?? "") }
      : {
          user,
          verb: asked.verb ?? "",
          path: "",
          group: asked.group ?? "",
          resource: asked.resource ?? "",
          subresource: asked.subresource ?? "",
          namespace: asked.namespace ?? "",
          name: asked.name ?? "",
        };
  const { allowed, reason, evaluationError } = authorizer.authorize(attributes);
  return {
    allowed,
    ...(reason === "" ? {} : { reason }),
    ...(evaluationError === undefined ? {} : { evaluationError }),
  };
}

function unclear(field: string, value: string, detail: string): StatusError {
  const message = `Invalid value: ${value}: ${detail}`;
  // The real server says no kind here.
  return new StatusError(422, "Invalid", `.authorization.k8s.io "" is invalid: ${field}: ${message}`, {
    group: "authorization.k8s.io",
    causes: [{ reason: "FieldValueInvalid", message, field }],
  });
}

function rules({ authorizer }: ServerContext, { namespace = "" }: ReviewSpec, user: User): object {
  if (namespace === "") throw badRequest("no namespace on request");
  const all = authorizer.rulesFor(user, namespace);
  const list = (values: readonly string[] | undefined): { readonly [at: number]: string } | undefined =>
    values === undefined || values.length === 0 ? undefined : values;
  const resourceRules = all
    .filter(({ resources = [] }) => resources.length > 0)
    .map(({ verbs, apiGroups, resources, resourceNames }: Rule) => ({
      verbs,
      apiGroups: list(apiGroups),
      resources: list(resources),
      resourceNames: list(resourceNames),
    }));
  const nonResourceRules = all
    .filter(({ nonResourceURLs = [] }) => nonResourceURLs.length > 0)
    .map(({ verbs, nonResourceURLs }) => ({ verbs, nonResourceURLs }));
  return { resourceRules, nonResourceRules, incomplete: false };
}

async function token({ tokens }: ServerContext, spec: ReviewSpec): Promise<object> {
  if (!spec.token) throw badRequest("token is required for TokenReview in authentication");
  const audiences = spec.audiences ?? [ownAudience];
  const found = await tokens.read(spec.token, audiences);
  if (found === undefined) return { user: {}, error: "invalid bearer token" };
  return { authenticated: true, user: userInfo(found.user), audiences: found.audiences };
}
