import type { User } from "../ApiRequest.ts";

/** What somebody asks for, in the words of RBAC. */
export interface Attributes {
  readonly user: User;
  readonly verb: string;
  /** Of the request; matters where it names no resource. */
  readonly path: string;
  /** Undefined: a path that is no object. */
  readonly resource?: string;
  readonly group: string;
  /** Empty: none. */
  readonly subresource: string;
  /** Empty: of the whole cluster. */
  readonly namespace: string;
  /** Empty: of no single object. */
  readonly name: string;
}

/** A path that is no object. */
export const pathAttributes = (user: User, method: string, path: string): Attributes => ({
  user,
  verb: method.toLowerCase(),
  path,
  group: "",
  subresource: "",
  namespace: "",
  name: "",
});

/** Why a request is refused, as the server says it. Source: endpoints/handlers/responsewriters.forbiddenMessage. */
export function refusalText({
  user,
  verb,
  resource,
  subresource,
  group,
  namespace,
  path,
}: Attributes): string {
  if (resource === undefined)
    return `User ${JSON.stringify(user.name)} cannot ${verb} path ${JSON.stringify(path)}`;
  const whole = subresource === "" ? resource : `${resource}/${subresource}`;
  const place = namespace === "" ? " at the cluster scope" : ` in the namespace ${JSON.stringify(namespace)}`;
  return `User ${JSON.stringify(user.name)} cannot ${verb} resource ${JSON.stringify(whole)} in API group ${JSON.stringify(group)}${place}`;
}
