/** Ansible's longer names of filters and tests: `ansible.builtin.to_json` is `to_json`. */

/** Where Ansible keeps what comes with it. */
export const builtinCollections: readonly string[] = ["ansible.builtin", "ansible.legacy"];

/** Entries by their own names, and by those in each of the collections. */
export function qualified<T>(
  entries: Readonly<Record<string, T>>,
  collections: readonly string[],
): readonly (readonly [string, T])[] {
  return Object.entries(entries).flatMap(([name, entry]) =>
    [name, ...collections.map((collection) => `${collection}.${name}`)].map(
      (one) => [one, entry] as const,
    ),
  );
}

/** The name without its collection. */
export function plainName(name: string): string {
  return name.slice(name.lastIndexOf(".") + 1);
}
