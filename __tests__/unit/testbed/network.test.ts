import { expect, test } from "vitest";
import { hostAddresses, hostNetwork } from "../../../testbed/network.js";

test("a host's number is the last part of its addresses", () => {
  expect(hostAddresses(2)).toEqual({ address: "10.77.0.2", address6: "fd77::2" });
  expect(hostNetwork(2)).toContain("Address=10.77.0.2/24\nAddress=fd77::2/64\n");
});
