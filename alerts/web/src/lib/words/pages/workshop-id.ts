/** The frame of the settings for those who set up cameras. */
export const words = { title: 'Pengaturan · E-Kamling', phone: 'Halaman telepon' };
