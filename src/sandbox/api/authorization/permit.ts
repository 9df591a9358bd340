import type { KubeObject } from "../../../contract/index.ts";
import type { User } from "../ApiRequest.ts";
import type { ServedKind } from "../ServedKind.ts";
import { groupResource, StatusError } from "../StatusError.ts";
import { refusalText, type Attributes } from "./Attributes.ts";
import type { Authorizer } from "./Authorizer.ts";

/** Throws 403 unless the roles allow it. */
export function permit(authorizer: Authorizer, attributes: Attributes): void {
  const { allowed, reason } = authorizer.authorize(attributes);
  if (allowed) return;
  const { group, resource, name } = attributes;
  const why = reason === "" ? refusalText(attributes) : `${refusalText(attributes)}: ${reason}`;
  if (resource === undefined) throw new StatusError(403, "Forbidden", `forbidden: ${why}`, {});
  const kind = { group, plural: resource };
  const who = name === "" ? groupResource(kind) : `${groupResource(kind)} ${JSON.stringify(name)}`;
  throw new StatusError(403, "Forbidden", `${who} is forbidden: ${why}`, {
    ...(name === "" ? {} : { name }),
    ...(group === "" ? {} : { group }),
    kind: resource,
  });
}

/** An apply that makes its object is allowed to those who may create it. Source: registry/rest/create_update.go. */
export function permitCreate(kind: ServedKind, object: KubeObject, user: User, authorizer: Authorizer): void {
  permit(authorizer, {
    user,
    verb: "create",
    path: "",
    resource: kind.plural,
    group: kind.group,
    subresource: "",
    namespace: object.metadata.namespace ?? "",
    name: object.metadata.name ?? "",
  });
}
