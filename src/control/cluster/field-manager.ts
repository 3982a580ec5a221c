/** Who we are in `metadata.managedFields` of what we write, whichever process wrote it. */
export const FIELD_MANAGER = 'komainu';
