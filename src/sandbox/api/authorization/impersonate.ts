import type { ApiRequest, User } from "../ApiRequest.ts";
import { forbidden, StatusError } from "../StatusError.ts";
import type { Attributes } from "./Attributes.ts";
import { refusalText } from "./Attributes.ts";
import type { Authorizer } from "./Authorizer.ts";

const accountName = /^system:serviceaccount:([^:]+):([^:]+)$/;
const extraPrefix = "impersonate-extra-";

/**
 * Whom a request acts as: by its `Impersonate-User`, `-Group`, `-Uid` and `-Extra-` headers, each of which the sender needs the right to. Source:
 * endpoints/filters/impersonation.go.
 */
export function impersonate(request: ApiRequest, authorizer: Authorizer): User {
  const { user, headers } = request;
  const name = headers["impersonate-user"];
  const groups = listOf(headers["impersonate-group"]);
  const uid = headers["impersonate-uid"];
  const extra = Object.entries(headers).filter(([header]) => header.startsWith(extraPrefix));
  if (name === undefined) {
    if (groups.length === 0 && uid === undefined && extra.length === 0) return user;
    throw new StatusError(
      400,
      "BadRequest",
      `requested &user.DefaultInfo{Name:"", UID:${JSON.stringify(uid ?? "")}, Groups:[]string{${groups.map((group) => JSON.stringify(group)).join(", ")}}, Extra:map[string][]string(nil)} without impersonating a user name`,
    );
  }
  const need = (resource: string, group: string, who: string, namespace = "", subresource = ""): void => {
    const attributes: Attributes = {
      user,
      verb: "impersonate",
      path: request.path,
      resource,
      group,
      subresource,
      namespace,
      name: who,
    };
    if (!authorizer.authorize(attributes).allowed)
      throw forbidden({ group, plural: resource }, who, refusalText(attributes));
  };
  const [, namespace = "", account = ""] = accountName.exec(name) ?? [];
  if (account === "") need("users", "", name);
  else need("serviceaccounts", "", account, namespace);
  for (const group of groups) need("groups", "", group);
  if (uid !== undefined) need("uids", "authentication.k8s.io", uid);
  const extras: Record<string, string[]> = {};
  for (const [header, value] of extra) {
    const key = decodeURIComponent(header.slice(extraPrefix.length));
    for (const one of listOf(value)) {
      need("userextras", "authentication.k8s.io", one, "", key);
      (extras[key] ??= []).push(one);
    }
  }
  const own =
    account === "" || groups.length > 0
      ? groups
      : ["system:serviceaccounts", `system:serviceaccounts:${namespace}`];
  const basic = name === "system:anonymous" ? "system:unauthenticated" : "system:authenticated";
  return {
    name,
    groups: own.includes(basic) ? own : [...own, basic],
    ...(uid === undefined ? {} : { uid }),
    ...(extra.length === 0 ? {} : { extra: extras }),
  };
}

/** Several headers of one name come joined. */
const listOf = (value: string | undefined): string[] => (value === undefined ? [] : value.split(/,\s*/));
