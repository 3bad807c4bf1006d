import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { rules } from "../../../src/quadlet/check.js";

const page = readFileSync(new URL("../../../docs/checks.md", import.meta.url), "utf8");

test("docs/checks.md has a section for each rule, with its severity, and no other", () => {
  const sections = [...page.matchAll(/^## (\S+)\n\n\*(\w+)\* · .+\n\n.+$/gm)].map(
    ([, id, severity]) => `${id} ${severity}`,
  );
  const known = rules.map(({ id, severity }) => `${id} ${severity}`);
  // The words of other programs are no rules of ours.
  const others = ["systemd-verify", "runner-podman", "runner-systemd"].map((id) => `${id} warning`);
  expect(sections.toSorted()).toEqual([...known, ...others].toSorted());
});
