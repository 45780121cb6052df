// @ts-check
// One table: what was measured, against what, and whether that is good enough. Facts (counts, bytes, what is left in
// memory) are judged in every run; times belong to the machine, and a short run judges none of them.

/** @typedef {(value: number) => string} Unit */
/**
 * @typedef {object} Row
 * @property {string} what
 * @property {number} value of Kilat
 * @property {Unit} unit
 * @property {{ what: string, value: number }} [against] measured in the same run
 * @property {{ most: number } | { least: number }} [target] none where the number is for information
 * @property {boolean} [isFact]
 */

/** @type {Record<"ms" | "count" | "perMinute" | "share" | "rate" | "bytes" | "change", Unit>} */
export const units = {
  ms: (value) => `${value.toFixed(value < 100 ? 1 : 0)} ms`,
  count: (value) => `${Math.round(value)}`,
  perMinute: (value) => `${value.toFixed(2)} a minute`,
  share: (value) => `${(value * 100).toFixed(1)} %`,
  rate: (value) => `${value.toFixed(1)} a second`,
  bytes: (value) => `${(value / 1024).toFixed(1)} KB`,
  change: (value) => `${value < 0 ? "−" : "+"}${(Math.abs(value) / 1024).toFixed(0)} KB`,
};

/** @param {Row} row */
function isMet({ value, target }) {
  if (!target) return true;
  return "most" in target ? value <= target.most : value >= target.least;
}

export class Report {
  /** @type {Row[]} */
  #rows = [];

  /** @param {Row[]} rows */
  add(...rows) {
    this.#rows.push(...rows);
  }

  /** Those whose target was missed. @param {"facts" | "all"} which */
  missed(which) {
    return this.#rows.filter((row) => !isMet(row) && (which === "all" || row.isFact)).map(({ what }) => what);
  }

  /** In Markdown, for the documentation. @param {"facts" | "all"} judged */
  table(judged) {
    const lines = this.#rows.map((row) => {
      const { what, value, unit, against, target, isFact } = row;
      const ratio = against && against.value !== 0 ? (value / against.value).toFixed(2) : "–";
      const rival = against ? `${unit(against.value)} (${against.what})` : "–";
      const asked = !target ? "–" : "most" in target ? `≤ ${unit(target.most)}` : `≥ ${unit(target.least)}`;
      const met = !target || (judged === "facts" && !isFact) ? "–" : isMet(row) ? "yes" : "**no**";
      return `| ${what} | ${unit(value)} | ${rival} | ${ratio} | ${asked} | ${met} |\n`;
    });
    const head = "| measured | Kilat | compared with | ratio | target | met |\n| --- | --- | --- | --- | --- | --- |\n";
    return head + lines.join("");
  }
}

/** The value below which so many of them lie. @param {number[]} values @param {number} share */
export function percentile(values, share) {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.ceil(share * sorted.length) - 1)] ?? Number.NaN;
}

/** One line for whoever waits. @param {string} text */
export function tell(text) {
  process.stderr.write(`   ${text}\n`);
}
