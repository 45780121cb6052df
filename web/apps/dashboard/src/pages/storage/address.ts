// What each kind of place needs: its fields and secrets, and the address that they make. Absent: any secret in an
// address; secrets go by name, beside it.

import type { CreateDestination, DestinationKind } from "@kilat/client";

export const PLACE_KINDS = ["disk", "s3", "webdav", "sftp", "drive", "vault"] as const;
export type PlaceKind = (typeof PLACE_KINDS)[number];

export interface FieldSpec {
  /** Its name in the form; of a secret, its name on the wire too. */
  readonly name: string;
  readonly isSecret?: true;
  /** May be left empty. */
  readonly isOptional?: true;
  /** Several lines, such as a private key. */
  readonly isLong?: true;
  readonly example?: string;
  readonly start?: string;
}

/** As `docs/destinations.md` has them, in the order in which people have them before their eyes. */
export const FIELDS: Record<PlaceKind, readonly FieldSpec[]> = {
  disk: [{ name: "folder", example: "/media/red-ssd" }],
  s3: [
    { name: "bucket", example: "studio" },
    { name: "prefix", isOptional: true, example: "kilat" },
    { name: "endpoint", isOptional: true, example: "https://s3.example.com" },
    { name: "region", isOptional: true, example: "auto" },
    { name: "access_key_id", isSecret: true },
    { name: "secret_access_key", isSecret: true },
    { name: "session_token", isSecret: true, isOptional: true },
  ],
  webdav: [
    { name: "url", example: "https://cloud.example.com/dav/photos" },
    { name: "user", isSecret: true, isOptional: true },
    { name: "password", isSecret: true, isOptional: true },
  ],
  sftp: [
    { name: "host", example: "nas.example.com" },
    { name: "port", isOptional: true, example: "22" },
    { name: "account", example: "kilat" },
    { name: "path", example: "~/photos" },
    { name: "password", isSecret: true, isOptional: true },
    { name: "key", isSecret: true, isOptional: true, isLong: true },
    { name: "passphrase", isSecret: true, isOptional: true },
  ],
  drive: [
    { name: "top", start: "root" },
    { name: "path", isOptional: true, start: "Kilat" },
    { name: "client_id", isSecret: true },
    { name: "client_secret", isSecret: true },
    { name: "refresh_token", isSecret: true },
  ],
  vault: [
    { name: "folder", example: "/media/safe" },
    { name: "password", isSecret: true },
  ],
};

export interface Draft {
  readonly name: string;
  readonly kind: PlaceKind;
  readonly use: DestinationKind;
  readonly isOffSite: boolean;
  /** By kind and field, so that a look at another kind loses nothing. */
  readonly values: Readonly<Record<string, string>>;
}

export const EMPTY: Draft = { name: "", kind: "disk", use: "backup", isOffSite: false, values: {} };

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

export type Flaw = "needed" | "badName" | "badUrl" | "needsLogin";

/** What is wrong, by field; `name` is the place's own. Nothing wrong: empty. */
export function flaws(draft: Draft): Readonly<Record<string, Flaw>> {
  const found: Record<string, Flaw> = {};
  if (draft.name === "") found["name"] = "needed";
  else if (!/^[A-Za-z0-9_-]{1,64}$/.test(draft.name)) found["name"] = "badName";
  for (const spec of FIELDS[draft.kind]) {
    const value = valueIn(draft, spec).trim();
    if (value === "" && !spec.isOptional) found[spec.name] = "needed";
    if (spec.name === "url" && value !== "" && !/^(https?|webdavs?):\/\/[^/?#@]+(\/[^?#]*)?$/.test(value))
      found[spec.name] = "badUrl";
    if (spec.name === "endpoint" && value !== "" && !/^https?:\/\/[^/?#@]+\/?$/.test(value))
      found[spec.name] = "badUrl";
  }
  if (draft.kind === "sftp" && !of(draft, "password") && !of(draft, "key")) found["password"] = "needsLogin";
  return found;
}

function of(draft: Draft, name: string): string {
  const spec = FIELDS[draft.kind].find((spec) => spec.name === name);
  return spec ? valueIn(draft, spec).trim() : "";
}

/** What is sent. Empty secrets are left out. */
export function destinationOf(draft: Draft): CreateDestination {
  const secrets: Record<string, string> = {};
  for (const spec of FIELDS[draft.kind]) {
    if (!spec.isSecret) continue;
    // A private key's lines and a password's blanks are part of it.
    const value = spec.isLong ? `${valueIn(draft, spec).trimEnd()}\n` : valueIn(draft, spec);
    if (value.trim() !== "") secrets[spec.name] = value;
  }
  return { name: draft.name, url: address(draft), kind: draft.use, offSite: draft.isOffSite, secrets };
}

export function address(draft: Draft): string {
  switch (draft.kind) {
    case "disk":
      return of(draft, "folder");
    case "vault":
      return `restic:${of(draft, "folder")}`;
    case "s3": {
      const given = (["endpoint", "region"] as const).map(
        (name) => [name, of(draft, name).replace(/\/+$/, "")] as const,
      );
      const query = given
        .filter(([, value]) => value !== "")
        .map(([name, value]) => `${name}=${encodeURIComponent(value)}`);
      return `s3://${of(draft, "bucket")}${path(of(draft, "prefix"))}${query.length > 0 ? `?${query.join("&")}` : ""}`;
    }
    case "webdav": {
      const [scheme = "", rest = ""] = of(draft, "url").split("://");
      const [host = "", ...parts] = rest.split("/");
      const isSafe = scheme === "https" || scheme === "webdavs";
      // What was copied from a browser's address line is escaped already.
      return `${isSafe ? "webdavs" : "webdav"}://${host}${parts.length > 0 ? `/${parts.join("/")}` : ""}`;
    }
    case "sftp": {
      const host = of(draft, "host");
      const port = of(draft, "port");
      const at = `${encodeURIComponent(of(draft, "account"))}@${host}${port ? `:${port}` : ""}`;
      return `sftp://${at}${path(of(draft, "path"))}`;
    }
    case "drive":
      return `gdrive://${of(draft, "top")}${path(of(draft, "path"))}`;
  }
}

/** With a slash before it; blanks and the like escaped. */
function path(text: string): string {
  const parts = text.split("/").filter(Boolean);
  return parts.map((part) => `/${part === "~" ? part : encodeURIComponent(part)}`).join("");
}
