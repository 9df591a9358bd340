import type { Attributes } from "./Attributes.ts";

/** One rule of a role. */
export interface Rule {
  readonly verbs?: readonly string[];
  readonly apiGroups?: readonly string[];
  readonly resources?: readonly string[];
  readonly resourceNames?: readonly string[];
  readonly nonResourceURLs?: readonly string[];
}

const has = (list: readonly string[] | undefined, value: string): boolean =>
  list !== undefined && (list.includes(value) || list.includes("*"));

/** Whether a rule allows a request. Source: rbac.RuleAllows. */
export function covers(rule: Rule, attributes: Attributes): boolean {
  if (!has(rule.verbs, attributes.verb)) return false;
  if (attributes.resource === undefined) return coversPath(rule.nonResourceURLs, attributes.path);
  return (
    has(rule.apiGroups, attributes.group) &&
    coversResource(rule.resources, attributes.resource, attributes.subresource) &&
    coversName(rule.resourceNames, attributes.name)
  );
}

function coversResource(
  resources: readonly string[] | undefined,
  resource: string,
  subresource: string,
): boolean {
  if (resources === undefined) return false;
  const whole = subresource === "" ? resource : `${resource}/${subresource}`;
  return resources.some(
    (one) => one === "*" || one === whole || (subresource !== "" && one === `*/${subresource}`),
  );
}

const coversName = (names: readonly string[] | undefined, name: string): boolean =>
  names === undefined || names.length === 0 || names.includes(name);

function coversPath(urls: readonly string[] | undefined, path: string): boolean {
  return (urls ?? []).some(
    (url) => url === "*" || url === path || (url.endsWith("*") && path.startsWith(url.slice(0, -1))),
  );
}

/** The parts of a rule that hold by themselves: one group, resource, verb and name each. */
function breakdown(rule: Rule): Rule[] {
  const urls = rule.nonResourceURLs ?? [];
  const verbs = rule.verbs ?? [];
  if (urls.length > 0)
    return verbs.flatMap((verb) => urls.map((url) => ({ verbs: [verb], nonResourceURLs: [url] })));
  const names = rule.resourceNames ?? [];
  return (rule.apiGroups ?? []).flatMap((group) =>
    (rule.resources ?? []).flatMap((resource) =>
      verbs.flatMap((verb): Rule[] => {
        const part = { verbs: [verb], apiGroups: [group], resources: [resource] };
        return names.length === 0 ? [part] : names.map((name) => ({ ...part, resourceNames: [name] }));
      }),
    ),
  );
}

/** Parts of the wanted rules that none of the rules held covers. Source: validation.Covers. */
export function notCovered(held: readonly Rule[], wanted: readonly Rule[]): Rule[] {
  const parts = held.flatMap(breakdown);
  return wanted.flatMap(breakdown).filter((part) => !parts.some((own) => coversPart(own, part)));
}

function coversPart(own: Rule, part: Rule): boolean {
  const [verb = ""] = part.verbs ?? [];
  if (!has(own.verbs, verb)) return false;
  const [url] = part.nonResourceURLs ?? [];
  if (url !== undefined) return coversPath(own.nonResourceURLs, url);
  const [group = ""] = part.apiGroups ?? [];
  const [resource = ""] = part.resources ?? [];
  const [plural = "", subresource = ""] = resource.split("/");
  const [name] = part.resourceNames ?? [];
  const ownNames = own.resourceNames ?? [];
  return (
    has(own.apiGroups, group) &&
    coversResource(own.resources, plural, subresource) &&
    (ownNames.length === 0 || (name !== undefined && ownNames.includes(name)))
  );
}

/** As Go prints it in refusals: `{APIGroups:[""], Resources:["secrets"], Verbs:["get"]}`. */
export function compactText(rule: Rule): string {
  const list = (values: readonly string[]): string =>
    `[${values.map((value) => JSON.stringify(value)).join(" ")}]`;
  const parts: [string, readonly string[] | undefined][] = [
    ["APIGroups", rule.apiGroups],
    ["Resources", rule.resources],
    ["NonResourceURLs", rule.nonResourceURLs],
    ["ResourceNames", rule.resourceNames],
    ["Verbs", rule.verbs],
  ];
  const shown = parts.flatMap(([name, values]) =>
    values === undefined || values.length === 0 ? [] : [`${name}:${list(values)}`],
  );
  return `{${shown.join(", ")}}`;
}
