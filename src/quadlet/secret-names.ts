/** Names whose values are secrets wherever they stand, but for those that name a file with one. */
export function isSecretName(name: string): boolean {
  return /(PASS(WORD|WD|PHRASE)?|SECRET|TOKEN|CREDENTIALS?|(API|ACCESS|PRIVATE|SIGNING|ENCRYPTION)_?KEY)$/i.test(
    name,
  );
}
