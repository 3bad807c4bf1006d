/** Replaces secrets, and each line of those that have several, in text that is about to be shown. */
export type Redact = (text: string) => string;

/** @param secrets may grow: what an inventory's vaults hold is known once it is read */
export function redactor(secrets: Iterable<string>): Redact {
  return (text) => partsOf(secrets).reduce((shown, part) => shown.replaceAll(part, "***"), text);
}

function partsOf(secrets: Iterable<string>): readonly string[] {
  return (
    [...secrets]
      .flatMap((secret) => [secret, ...secret.split(/\r?\n/)])
      .map((part) => part.trim())
      // Lines such as "-----END…" or "}" are no secrets.
      .filter((part) => part.length >= 6 && !part.startsWith("-----"))
      // The longer first, so that a secret within another leaves no rest.
      .sort((a, b) => b.length - a.length)
  );
}
