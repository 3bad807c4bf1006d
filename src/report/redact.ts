/** Replaces secrets, and each line of those that have several, in text that is about to be shown. */
export type Redact = (text: string) => string;

export function redactor(secrets: readonly string[]): Redact {
  const parts = secrets
    .flatMap((secret) => [secret, ...secret.split(/\r?\n/)])
    .map((part) => part.trim())
    // Lines such as "-----END…" or "}" are no secrets.
    .filter((part) => part.length >= 6 && !part.startsWith("-----"))
    // The longer first, so that a secret within another leaves no rest.
    .sort((a, b) => b.length - a.length);
  return (text) => parts.reduce((shown, part) => shown.replaceAll(part, "***"), text);
}
