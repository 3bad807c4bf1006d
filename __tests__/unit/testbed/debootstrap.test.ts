import { expect, test } from "vitest";
import { debootstrapArguments } from "../../../testbed/debootstrap.js";

test("a tree's arguments name its packages and hooks, and no mirror", () => {
  const args = debootstrapArguments({
    suite: "trixie",
    packages: ["podman", "sudo"],
    without: ["/usr/lib/big*"],
    before: ["first"],
    after: ["last"],
  });
  expect(args).toContain("--include=podman,sudo");
  expect(args).toContain("--dpkgopt=path-exclude=/usr/lib/big*");
  expect(args).toContain("--essential-hook=first");
  expect(args).toContain("--customize-hook=last");
  expect(args.join(" ")).not.toMatch(/https?:/);
});
