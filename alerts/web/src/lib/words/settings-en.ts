import type { settings as shape } from './settings-id';

export const settings: typeof shape = {
  label: 'Parts of the settings',
  parts: {
    orang: 'People',
    wilayah: 'Areas and sites',
    aturan: 'Camera rules',
    pemberitahuan: 'Who is told',
    senyap: 'Silences and tests',
    aplikasi: 'Other applications',
    jejak: 'Changes',
  },
  notices: 'Notices of the console',
  loading: 'Loading…',
  failed: 'This page could not be loaded.',
  closed: 'This part is not open to your account.',
  save: 'Save',
  cancel: 'Cancel',
};
