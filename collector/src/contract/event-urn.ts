/** The name of the event schema, apart from the schema so that its plain check can know it. */

/** Schema urn of events written by this version. Minor versions only add. */
export const eventSchemaUrn = 'urn:zonewarden:event:1.0';
