// Sentences in every language that the dashboard speaks, and how values are put into them.
//
// A page's English is its catalogue; another language has the same keys, or it does not compile. Values are named in
// the sentence, `{n}`, and asked for by the type. Absent: what a camera or the server wrote; that is shown as it came, but
// for what turns text around.

import { tame } from "./tame.js";

export const LANGUAGES = ["en", "id"] as const;
export type Language = (typeof LANGUAGES)[number];
/** A sentence, or the two forms of one that counts: `n` decides. */
export type Entry = string | { readonly one: string; readonly many: string };
export type Words = Readonly<Record<string, Entry>>;
/** The same keys, in another language. */
export type Same<W extends Words> = { readonly [K in keyof W]: Entry };
export type Catalogue<W extends Words = Words> = { readonly en: W; readonly id: Same<W> };
export type Value = string | number;
/** A sentence that is yet to be spoken: what a tested function gives to a view. */
export interface Sentence<K extends string = string> {
  readonly key: K;
  readonly values?: Readonly<Record<string, Value>>;
}

type Named<S extends string> = S extends `${string}{${infer N}}${infer Rest}` ? N | Named<Rest> : never;
type NamesOf<E> = E extends string
  ? Named<E>
  : E extends { one: infer O; many: infer M }
    ? "n" | NamesOf<O> | NamesOf<M>
    : never;
type Given<E> = [NamesOf<E>] extends [never] ? [] : [values: Readonly<Record<NamesOf<E>, Value>>];

export interface Say<W extends Words> {
  /** A sentence of the catalogue with its values. */
  <K extends keyof W & string>(key: K, ...given: Given<W[K]>): string;
  /** One whose key was worked out. */
  sentence(sentence: Sentence<keyof W & string>): string;
  readonly language: Language;
}

/** The catalogue's voice in a language. */
export function voice<W extends Words>(catalogue: Catalogue<W>, language: Language): Say<W> {
  const sentence = ({ key, values = {} }: Sentence<keyof W & string>) => {
    const entry: Entry | undefined = catalogue[language][key];
    if (entry === undefined) throw new Error(`no words for ${key}`);
    return spell(entry, values, language);
  };
  const say = (key: keyof W & string, values?: Readonly<Record<string, Value>>) =>
    sentence(values ? { key, values } : { key });
  return Object.assign(say, { sentence, language }) as Say<W>;
}

function spell(entry: Entry, values: Readonly<Record<string, Value>>, language: Language): string {
  const text = typeof entry === "string" ? entry : values["n"] === 1 ? entry.one : entry.many;
  return text.replaceAll(/\{(\w+)\}/g, (_, name: string) => {
    const value = values[name] ?? "";
    return typeof value === "number" ? value.toLocaleString(language) : tame(value);
  });
}

/** The language that is nearest to what a browser asks for. */
export function languageOf(wanted: string | null | undefined): Language {
  return wanted?.toLowerCase().startsWith("id") ? "id" : "en";
}
