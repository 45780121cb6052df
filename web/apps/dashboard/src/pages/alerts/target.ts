// What each way of telling somebody needs, and what is sent to add it. Absent: any secret in an address; secrets go by
// name, beside it.

import type { CreateTarget, Lang, Priority, TargetKind } from "@kilat/client";

export const KINDS = ["ntfy", "telegram", "webhook", "heartbeat", "http"] as const satisfies readonly TargetKind[];
export type FieldName = "url" | "url_secret" | "token" | "bot_token" | "chat" | "signing_key" | "every" | "body";

export interface FieldSpec {
  readonly name: FieldName;
  readonly isSecret?: true;
  readonly isOptional?: true;
  readonly example?: string;
  readonly start?: string;
}

const FIELDS: Record<TargetKind, readonly FieldSpec[]> = {
  ntfy: [
    { name: "url", example: "https://ntfy.sh/our-secret-topic" },
    { name: "token", isSecret: true, isOptional: true },
  ],
  telegram: [
    { name: "bot_token", isSecret: true },
    { name: "chat", example: "-1001234567" },
  ],
  webhook: [
    { name: "url", example: "https://studio.example/hooks/kilat" },
    { name: "signing_key", isSecret: true, isOptional: true },
  ],
  heartbeat: [
    { name: "url", example: "https://hc-ping.com/{secret}" },
    { name: "every", start: "60" },
  ],
  http: [
    { name: "url", example: "https://hooks.example/services/{secret}" },
    { name: "body", start: '{"text": "{title}: {message}"}' },
    { name: "token", isSecret: true, isOptional: true },
  ],
};

export interface Draft {
  readonly name: string;
  readonly kind: TargetKind;
  /** By kind and field, so that a look at another kind loses nothing. */
  readonly values: Readonly<Record<string, string>>;
  readonly atLeast: Priority;
  readonly lang: Lang;
}

export function emptyDraft(lang: Lang): Draft {
  return { name: "", kind: "ntfy", values: {}, atLeast: "high", lang };
}

/** Its fields; an address that hides a part of itself asks for that part. */
export function fieldsOf(draft: Draft): readonly FieldSpec[] {
  const own = FIELDS[draft.kind];
  const url = own.find(({ name }) => name === "url");
  return url && valueIn(draft, url).includes("{secret}") ? [...own, { name: "url_secret", isSecret: true }] : own;
}

export function valueIn({ kind, values }: Draft, { name, start = "" }: FieldSpec): string {
  return values[`${kind}.${name}`] ?? start;
}

export function withValue(draft: Draft, { name }: FieldSpec, value: string): Draft {
  return { ...draft, values: { ...draft.values, [`${draft.kind}.${name}`]: value } };
}

/** Whether something was typed that would be lost. */
export function isTouched({ name, values }: Draft): boolean {
  return name !== "" || Object.values(values).some((value) => value !== "");
}

export type Flaw = "needed" | "badName" | "badUrl" | "badEvery";

/** What is wrong, by field; `name` is its own. The server decides; this only spares a refusal. */
export function flaws(draft: Draft): Readonly<Record<string, Flaw>> {
  const found: Record<string, Flaw> = {};
  if (draft.name === "") found["name"] = "needed";
  else if (!/^[a-z0-9-]{1,40}$/.test(draft.name) || draft.name.startsWith("push")) found["name"] = "badName";
  for (const spec of fieldsOf(draft)) {
    const value = valueIn(draft, spec).trim();
    if (value === "" && !spec.isOptional) found[spec.name] = "needed";
    else if (spec.name === "url" && !/^https?:\/\/[^/?#@{}\s]+([/?#]\S*)?$/.test(value)) found["url"] = "badUrl";
    else if (spec.name === "every" && !(/^\d+$/.test(value) && Number(value) >= 10 && Number(value) <= 86_400))
      found["every"] = "badEvery";
  }
  return found;
}

/** What is sent. Empty secrets are left out. */
export function targetOf(draft: Draft): CreateTarget {
  const secrets: Record<string, string> = {};
  const given: Partial<Record<FieldName, string>> = {};
  for (const spec of fieldsOf(draft)) {
    const value = valueIn(draft, spec).trim();
    if (value !== "") (spec.isSecret ? secrets : given)[spec.name] = value;
  }
  const { url, chat, body, every } = given;
  return {
    name: draft.name,
    kind: draft.kind,
    lang: draft.lang,
    atLeast: draft.atLeast,
    secrets,
    ...(url ? { url } : {}),
    ...(chat ? { chat } : {}),
    ...(body ? { body } : {}),
    ...(every ? { everySeconds: Number(every) } : {}),
  };
}
