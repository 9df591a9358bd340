/** What is wrong with a name, in the real server's words; none when it is right. (apimachinery, util/validation) */
export type NameRule = (name: string) => readonly string[];

const label = "[a-z0-9]([-a-z0-9]*[a-z0-9])?";
const subdomain = `${label}(\\.${label})*`;
const label1035 = "[a-z]([-a-z0-9]*[a-z0-9])?";
const qualified = "([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]";
const labelText = `(${qualified})?`;
const configKey = "[-._a-zA-Z0-9]+";

const whole = (source: string): RegExp => new RegExp(`^(?:${source})$`);
const isLabel = whole(label);
const isSubdomain = whole(subdomain);
const isLabel1035 = whole(label1035);
const isQualifiedPart = whole(qualified);
const isLabelText = whole(labelText);
const isConfigKey = whole(configKey);

export const tooManyCharacters = (most: number): string => `must be no more than ${most} characters`;

/** As Go's validation.RegexError words it, with its two spaces before "or". */
function mismatch(message: string, source: string, ...examples: string[]): string {
  return `${message} (e.g. ${examples.map((example) => `'${example}', `).join(" or ")}regex used for validation is '${source}')`;
}

/** In bytes. */
const length = (value: string): number => Buffer.byteLength(value);

const subdomainMessage = mismatch(
  "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character",
  subdomain,
  "example.com",
);
const labelMessage = mismatch(
  "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character",
  label,
  "my-name",
  "123-abc",
);
const label1035Message = mismatch(
  "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character",
  label1035,
  "my-name",
  "abc-123",
);

const rule =
  (form: RegExp, most: number, message: string): NameRule =>
  (name) => {
    const problems: string[] = [];
    if (length(name) > most) problems.push(tooManyCharacters(most));
    if (!form.test(name)) problems.push(message);
    return problems;
  };

/** RFC 1123 subdomain: most kinds. */
export const subdomainName = rule(isSubdomain, 253, subdomainMessage);
/** `*.example.org`. */
export const wildcardName = rule(
  whole(`\\*\\.${subdomain}`),
  253,
  mismatch(
    "a wildcard DNS-1123 subdomain must start with '*.', followed by a valid DNS subdomain, which must consist of lower case alphanumeric characters, '-' or '.' and end with an alphanumeric character",
    `\\*\\.${subdomain}`,
    "*.example.com",
  ),
);
/** RFC 1123 label: namespaces, Services, containers, volumes. */
export const labelName: NameRule = (name) =>
  // Said alone, as what else is wrong follows from it.
  name.includes(".") && isSubdomain.test(name) && length(name) <= 63
    ? ["must not contain dots"]
    : ruleOfLabels(name);
const ruleOfLabels = rule(isLabel, 63, labelMessage);
/** RFC 1035 label. */
export const label1035Name = rule(isLabel1035, 63, label1035Message);

/** Part of a path: RBAC objects. */
export const pathSegmentName: NameRule = (name) => {
  if (name === "." || name === "..") return [`may not be '${name}'`];
  return ["/", "%"].filter((part) => name.includes(part)).map((part) => `may not contain '${part}'`);
};

/** A key of a ConfigMap or Secret. */
export const configKeyName: NameRule = (name) => {
  const problems: string[] = [];
  if (name.length > 253) problems.push(tooManyCharacters(253));
  if (!isConfigKey.test(name)) {
    problems.push(
      mismatch(
        "a valid config key must consist of alphanumeric characters, '-', '_' or '.'",
        configKey,
        "key.name",
        "KEY_NAME",
        "key-name",
      ),
    );
  }
  if (name === "." || name === "..") problems.push(`must not be '${name}'`);
  else if (name.startsWith("..")) problems.push("must not start with '..'");
  return problems;
};

/** An environment variable: any printable ASCII but `=`, since Kubernetes 1.34. */
export const envName: NameRule = (name) =>
  /^[\x20-\x3c\x3e-\x7e]+$/.test(name)
    ? []
    : ["a valid environment variable name must consist only of printable ASCII characters other than '='"];

const labelKeys = new Map<string, readonly string[]>();
const MEMORY = 4096;

/** A label's or annotation's key: `prefix/name`. */
export const qualifiedName: NameRule = (name) => {
  let problems = labelKeys.get(name);
  if (problems === undefined) {
    problems = qualifiedProblems(name);
    if (labelKeys.size < MEMORY) labelKeys.set(name, problems);
  }
  return problems;
};

const qualifiedMessage =
  "must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character";

function qualifiedProblems(name: string): string[] {
  const problems: string[] = [];
  const parts = name.split("/");
  if (parts.length > 2) {
    return [
      `a valid label key ${mismatch(qualifiedMessage, qualified, "MyName", "my.name", "123-abc")} with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')`,
    ];
  }
  if (parts.length === 2) {
    if (parts[0] === "") problems.push("prefix part must be non-empty");
    else problems.push(...subdomainName(parts[0]!).map((problem) => `prefix part ${problem}`));
  }
  const last = parts.at(-1)!;
  if (last === "") problems.push("name part must be non-empty");
  else if (last.length > 63) problems.push(`name part ${tooManyCharacters(63)}`);
  if (!isQualifiedPart.test(last))
    problems.push(`name part ${mismatch(qualifiedMessage, qualified, "MyName", "my.name", "123-abc")}`);
  return problems;
}

/** A label's value. */
export const labelValue: NameRule = (value) => {
  const problems: string[] = [];
  if (value.length > 63) problems.push(tooManyCharacters(63));
  if (!isLabelText.test(value)) {
    problems.push(
      mismatch(
        "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character",
        labelText,
        "MyValue",
        "my_value",
        "12345",
      ),
    );
  }
  return problems;
};

/** The name of a container port: `http`. */
export const portName: NameRule = (name) => {
  const problems: string[] = [];
  if (name.length > 15) problems.push("must be no more than 15 characters");
  if (!/^[-a-z0-9]*$/.test(name))
    problems.push("must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)");
  if (!/[a-z]/.test(name)) problems.push("must contain at least one letter (a-z)");
  if (name.includes("--")) problems.push("must not contain consecutive hyphens");
  if (name.startsWith("-") || name.endsWith("-")) problems.push("must not begin or end with a hyphen");
  return problems;
};
