/** Shell programs are sent to hosts as text; esbuild and Vitest load `.sh` as a string. */
declare module "*.sh" {
  const text: string;
  export default text;
}
