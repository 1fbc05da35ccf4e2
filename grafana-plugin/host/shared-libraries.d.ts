// Whatever the plugin uses of a library; `shared-names.ts` makes these modules while the console is built.
declare module 'shared:*';
