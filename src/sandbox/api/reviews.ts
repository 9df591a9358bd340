import { timeOf } from "../Clock.ts";
import { administrator, type ApiResponse, type User } from "./ApiRequest.ts";
import { asObject, requestBody } from "./requestBody.ts";
import { uidOf } from "./names.ts";
import { badRequest } from "./StatusError.ts";
import { liveOf, type Write } from "./writes.ts";

/** Kinds that are questions: created, answered, and not kept. */
export const reviewKinds: ReadonlySet<string> = new Set([
  "SelfSubjectAccessReview",
  "SubjectAccessReview",
  "LocalSubjectAccessReview",
  "SelfSubjectRulesReview",
  "SelfSubjectReview",
  "TokenReview",
]);

const isAdministrator = (user: Pick<User, "groups">): boolean =>
  user.groups.some((group) => administrator.groups[0] === group);

const everything = { verbs: ["*"], apiGroups: ["*"], resources: ["*"] };

/** Answers a review. Whoever is let in is the administrator: rights are not told apart here. */
export async function review(write: Write): Promise<ApiResponse> {
  const { context, kind, request } = write;
  const object = asObject((await requestBody(request)).value, kind);
  const { user } = request;
  const spec = (object.spec ?? {}) as {
    user?: string;
    groups?: string[];
    token?: string;
    resourceAttributes?: object;
    nonResourceAttributes?: object;
  };
  object.metadata.creationTimestamp = timeOf(context.clock.now());
  switch (kind.kind) {
    case "SelfSubjectAccessReview":
      object["status"] = { allowed: isAdministrator(user) };
      break;
    case "SubjectAccessReview":
    case "LocalSubjectAccessReview":
      object["status"] = {
        allowed: isAdministrator({ groups: spec.groups ?? [] }) || spec.user === user.name,
      };
      break;
    case "SelfSubjectRulesReview":
      object["status"] = {
        resourceRules: [everything],
        nonResourceRules: [{ verbs: ["*"], nonResourceURLs: ["*"] }],
        incomplete: false,
      };
      break;
    case "SelfSubjectReview":
      object["status"] = { userInfo: { username: user.name, groups: user.groups } };
      break;
    default:
      object["status"] = { authenticated: false, user: {} };
  }
  return { status: 201, headers: { "content-type": "application/json" }, body: JSON.stringify(object) };
}

/** `POST /token` of a service account. The token names nobody to this server: rights are not told apart here. */
export async function requestToken(write: Write): Promise<ApiResponse> {
  const { context, request } = write;
  const account = liveOf(write).object;
  const value = (await requestBody(request)).value as {
    spec?: { expirationSeconds?: number; audiences?: string[] };
    metadata?: object;
  };
  const seconds = value.spec?.expirationSeconds ?? 3600;
  if (seconds < 600)
    throw badRequest(
      "spec.expirationSeconds: Invalid value: may not specify a duration less than 10 minutes",
    );
  const body = {
    kind: "TokenRequest",
    apiVersion: "authentication.k8s.io/v1",
    metadata: {
      name: account.metadata.name,
      namespace: account.metadata.namespace,
      creationTimestamp: timeOf(context.clock.now()),
    },
    spec: {
      audiences: value.spec?.audiences ?? ["https://kubernetes.default.svc"],
      expirationSeconds: seconds,
      boundObjectRef: null,
    },
    status: {
      token: uidOf(context.random),
      expirationTimestamp: timeOf(context.clock.now() + seconds * 1000),
    },
  };
  return { status: 201, headers: { "content-type": "application/json" }, body: JSON.stringify(body) };
}
