import CloudRain from '@lucide/svelte/icons/cloud-rain';
import Flame from '@lucide/svelte/icons/flame';
import HeartPulse from '@lucide/svelte/icons/heart-pulse';
import MessageCircle from '@lucide/svelte/icons/message-circle';
import OctagonAlert from '@lucide/svelte/icons/octagon-alert';
import Swords from '@lucide/svelte/icons/swords';
import VenetianMask from '@lucide/svelte/icons/venetian-mask';

/** What people report, the most frequent first; `other` is no cry for help. */
export const CRIES = ['danger', 'thief', 'fire', 'flood', 'medical', 'quarrel'] as const;
export const REPORTED = [...CRIES, 'other'] as const;
export type Reported = (typeof REPORTED)[number];

export const KIND_ICONS = {
  danger: OctagonAlert,
  thief: VenetianMask,
  fire: Flame,
  flood: CloudRain,
  medical: HeartPulse,
  quarrel: Swords,
  other: MessageCircle,
} as const;
