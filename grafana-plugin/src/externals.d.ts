declare module 'amd-module' {
  const amdModule: { readonly uri?: string } | undefined;
  export default amdModule;
}
declare module '*.css' {
  const text: string;
  export default text;
}
declare module '*.svg' {
  const address: string;
  export default address;
}
