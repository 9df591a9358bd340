import { timeOf } from "../../Clock.ts";
import type { ApiResponse } from "../ApiRequest.ts";
import { requestBody } from "../requestBody.ts";
import { conflict, invalid, notFound } from "../StatusError.ts";
import { liveOf, type Write } from "../writes/index.ts";
import { ownAudience, type BoundObject } from "./ServiceAccountTokens.ts";

interface TokenRequest {
  readonly metadata?: object;
  readonly spec?: {
    readonly expirationSeconds?: number;
    readonly audiences?: readonly string[];
    readonly boundObjectRef?: {
      readonly kind?: string;
      readonly apiVersion?: string;
      readonly name?: string;
      readonly uid?: string;
    };
  };
}

const shortest = 600;
const longest = 2 ** 32;

/** `POST /token` of a service account. Source: pkg/registry/core/serviceaccount/storage/token.go. */
export async function requestToken(write: Write): Promise<ApiResponse> {
  const { context, request, info } = write;
  const account = liveOf(write).object;
  const { name = "", namespace = "", uid = "" } = account.metadata;
  const { spec = {} } = (await requestBody(request)).value as TokenRequest;
  const { expirationSeconds: lifetime = 3600, audiences: asked = [], boundObjectRef: ref } = spec;
  const refuse = (message: string): never => {
    const value = JSON.stringify(lifetime);
    throw invalid({ group: "authentication.k8s.io", kind: "TokenRequest" }, "", [
      {
        reason: "FieldValueInvalid",
        message: `Invalid value: ${value}: ${message}`,
        field: "spec.expirationSeconds",
      },
    ]);
  };
  if (lifetime < shortest) refuse("may not specify a duration less than 10 minutes");
  if (lifetime > longest) refuse("may not specify a duration larger than 2^32 seconds");
  const audiences = asked.length === 0 ? [ownAudience] : asked;
  const bound = ref === undefined ? undefined : boundObject(ref);
  const expires = Math.floor(context.clock.now() / 1000) + lifetime;
  const token = await context.tokens.sign({
    namespace,
    name,
    uid,
    audiences,
    lifetime,
    ...(bound === undefined ? {} : { bound }),
  });
  const body = {
    kind: "TokenRequest",
    apiVersion: "authentication.k8s.io/v1",
    metadata: {
      name,
      namespace,
      uid,
      creationTimestamp: timeOf(context.clock.now()),
      managedFields: [
        {
          manager: write.options.manager,
          operation: "Update",
          apiVersion: "authentication.k8s.io/v1",
          time: timeOf(context.clock.now()),
          fieldsType: "FieldsV1",
          fieldsV1: {
            "f:spec": {
              ...(asked.length === 0 ? {} : { "f:audiences": {} }),
              ...(ref === undefined
                ? {}
                : {
                    "f:boundObjectRef": {
                      ".": {},
                      ...Object.fromEntries(Object.keys(ref).map((field) => [`f:${field}`, {}])),
                    },
                  }),
              "f:expirationSeconds": {},
            },
          },
          subresource: "token",
        },
      ],
    },
    spec: { audiences, expirationSeconds: lifetime, boundObjectRef: ref ?? null },
    status: { token, expirationTimestamp: timeOf(expires * 1000) },
  };
  return { status: 201, headers: { "content-type": "application/json" }, body: JSON.stringify(body) };

  function boundObject(given: NonNullable<typeof ref>): BoundObject {
    const { kind = "", name: target = "" } = given;
    const kinds: Readonly<Record<string, { plural: string; key: string }>> = {
      Pod: { plural: "pods", key: `${info.namespace}/${target}` },
      Secret: { plural: "secrets", key: `${info.namespace}/${target}` },
      Node: { plural: "nodes", key: `/${target}` },
    };
    const found = kinds[kind];
    if (found === undefined || (given.apiVersion ?? "v1") !== "v1")
      return refuse(
        `cannot bind token for serviceaccount to object of type ${given.apiVersion ?? ""}, Kind=${kind}`,
      );
    const live = context.store.get(found.plural, found.key);
    if (live === undefined) throw notFound({ group: "", plural: found.plural }, target);
    const { uid: own = "" } = live.object.metadata;
    if (given.uid !== undefined && given.uid !== "" && given.uid !== own)
      throw conflict(
        { group: "", plural: found.plural },
        target,
        `the UID in the bound object reference (${given.uid}) does not match the UID in record. The object might have been deleted and then recreated`,
      );
    return { kind: kind as BoundObject["kind"], name: target, uid: own };
  }
}
