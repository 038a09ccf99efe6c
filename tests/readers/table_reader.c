/*
 * Reads the tables of a stream with libdvbpsi's own decoders: table_reader FILE.ts [TIMES]
 *
 * Prints a line for each table, and one for each program, stream, service, transport stream, event
 * and descriptor in it, with its fields by tabs; every message of the library to standard error.
 * PAT on PID 0, the PMTs on the PIDs that it names, NIT on 0x10, SDT on 0x11, EIT on 0x12, TOT on
 * 0x14 (EN 300 468, 5.1.3). The file is played TIMES times over, once unless given: a decoder
 * begins with the first section that it sees, and a PMT cannot be read before the PAT was.
 *
 * The library leaves texts as they are sent. They are printed as UTF-8 by iconv, which has tables
 * of its own for what EN 300 468 annex A selects.
 *
 *     cc -o table_reader table_reader.c -ldvbpsi
 */
#define _GNU_SOURCE
#include <iconv.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <dvbpsi/dvbpsi.h>

#include <dvbpsi/descriptor.h>
#include <dvbpsi/psi.h>

#include <dvbpsi/demux.h>
#include <dvbpsi/dr.h>
#include <dvbpsi/eit.h>
#include <dvbpsi/nit.h>
#include <dvbpsi/pat.h>
#include <dvbpsi/pmt.h>
#include <dvbpsi/sdt.h>
#include <dvbpsi/tot.h>

enum { packet_size = 188, pids = 8192 };

static dvbpsi_t* decoders[pids];
static bool has_message = false;

static void show_message(dvbpsi_t* handle, const dvbpsi_msg_level_t level, const char* message) {
    (void)handle;
    (void)level;
    fprintf(stderr, "%s\n", message);
    has_message = true;
}

static void fail(const char* what) {
    fprintf(stderr, "table_reader: %s\n", what);
    exit(2);
}

static dvbpsi_t* decoder_of(unsigned pid) {
    if (decoders[pid] == NULL &&
        (decoders[pid] = dvbpsi_new(show_message, DVBPSI_MSG_WARN)) == NULL)
        fail("no memory");
    return decoders[pid];
}

/* ---- values ---------------------------------------------------------------------------------- */

/* The name that iconv has for the table of characters, and how many bytes select it. */
static size_t table_of(const uint8_t* bytes, size_t size, char* name, size_t room) {
    if (size == 0 || bytes[0] >= 0x20) {
        snprintf(name, room, "ISO_6937");
        return 0;
    }
    if (bytes[0] == 0x10 && size >= 3) {
        snprintf(name, room, "ISO-8859-%d", bytes[2]);
        return 3;
    }
    if (bytes[0] <= 0x0B)
        snprintf(name, room, "ISO-8859-%d", bytes[0] + 4);
    else
        snprintf(name, room, "%s",
                 bytes[0] == 0x11   ? "UTF-16BE"
                 : bytes[0] == 0x15 ? "UTF-8"
                                    : "?");
    return 1;
}

static void print_text(const uint8_t* bytes, size_t size) {
    char name[32], in[256], out[4 * sizeof in];
    char *from = in, *to = out;
    size_t selector = table_of(bytes, size, name, sizeof name), left = size - selector,
           room = sizeof out;
    iconv_t conversion = iconv_open("UTF-8", name);

    memcpy(in, bytes + selector, left);
    if (conversion == (iconv_t)-1)
        fail("a table of characters that iconv does not have");
    if (iconv(conversion, &from, &left, &to, &room) == (size_t)-1 ||
        iconv(conversion, NULL, NULL, &to, &room) == (size_t)-1)
        fail("a text that its table of characters does not have");
    iconv_close(conversion);
    printf("\t%.*s", (int)(to - out), out);
}

static unsigned of_bcd(unsigned bcd) {
    return bcd / 16 * 10 + bcd % 16;
}

/* EN 300 468, annex C: 16 bits of Modified Julian Date and six digits. 40587 is 1970-01-01. */
static void print_utc(uint64_t utc) {
    time_t at = ((time_t)(utc >> 24) - 40587) * 86400 + of_bcd(utc >> 16 & 0xFF) * 3600 +
                of_bcd(utc >> 8 & 0xFF) * 60 + of_bcd(utc & 0xFF);
    struct tm parts;
    char text[32];

    gmtime_r(&at, &parts);
    strftime(text, sizeof text, "%Y-%m-%d %H:%M:%S", &parts);
    printf("\t%s", text);
}

static void print_duration(uint32_t duration) {
    printf("\t%02u:%02u:%02u", of_bcd(duration >> 16 & 0xFF), of_bcd(duration >> 8 & 0xFF),
           of_bcd(duration & 0xFF));
}

/* ---- descriptors ----------------------------------------------------------------------------- */

static void print_languages(dvbpsi_descriptor_t* descriptor) {
    dvbpsi_iso639_dr_t* found = dvbpsi_DecodeISO639Dr(descriptor);
    for (int i = 0; i < found->i_code_count; ++i)
        printf("language\t%.3s\t%u\n", (char*)found->code[i].iso_639_code,
               found->code[i].i_audio_type);
}

static void print_network_name(dvbpsi_descriptor_t* descriptor) {
    dvbpsi_network_name_dr_t* found = dvbpsi_DecodeNetworkNameDr(descriptor);
    printf("network_name");
    print_text(found->i_name_byte, found->i_name_length);
    printf("\n");
}

static void print_service_list(dvbpsi_descriptor_t* descriptor) {
    dvbpsi_service_list_dr_t* found = dvbpsi_DecodeServiceListDr(descriptor);
    for (int i = 0; i < found->i_service_count; ++i)
        printf("listed\t%u\t%u\n", found->i_service[i].i_service_id,
               found->i_service[i].i_service_type);
}

static void print_service_names(dvbpsi_descriptor_t* descriptor) {
    dvbpsi_service_dr_t* found = dvbpsi_DecodeServiceDr(descriptor);
    printf("names\t%u", found->i_service_type);
    print_text(found->i_service_provider_name, found->i_service_provider_name_length);
    print_text(found->i_service_name, found->i_service_name_length);
    printf("\n");
}

static void print_short_event(dvbpsi_descriptor_t* descriptor) {
    dvbpsi_short_event_dr_t* found = dvbpsi_DecodeShortEventDr(descriptor);
    printf("title\t%.3s", (char*)found->i_iso_639_code);
    print_text(found->i_event_name, (size_t)found->i_event_name_length);
    print_text(found->i_text, (size_t)found->i_text_length);
    printf("\n");
}

static void print_contents(dvbpsi_descriptor_t* descriptor) {
    dvbpsi_content_dr_t* found = dvbpsi_DecodeContentDr(descriptor);
    for (int i = 0; i < found->i_contents_number; ++i)
        printf("content\t%u\t%u\n", found->p_content[i].i_type, found->p_content[i].i_user_byte);
}

static void print_ratings(dvbpsi_descriptor_t* descriptor) {
    dvbpsi_parental_rating_dr_t* found = dvbpsi_DecodeParentalRatingDr(descriptor);
    for (int i = 0; i < found->i_ratings_number; ++i) {
        uint32_t code = found->p_parental_rating[i].i_country_code;
        printf("rating\t%c%c%c\t%u\n", (int)(code >> 16 & 0xFF), (int)(code >> 8 & 0xFF),
               (int)(code & 0xFF), found->p_parental_rating[i].i_rating);
    }
}

static void print_offsets(dvbpsi_descriptor_t* descriptor) {
    dvbpsi_local_time_offset_dr_t* found = dvbpsi_DecodeLocalTimeOffsetDr(descriptor);
    for (int i = 0; i < found->i_local_time_offsets_number; ++i) {
        dvbpsi_local_time_offset_t* offset = &found->p_local_time_offset[i];
        printf("offset\t%.3s\t%u\t%u\t%04x", (char*)offset->i_country_code,
               offset->i_country_region_id, offset->i_local_time_offset_polarity,
               offset->i_local_time_offset);
        print_utc(offset->i_time_of_change);
        printf("\t%04x\n", offset->i_next_time_offset);
    }
}

static void print_bytes(dvbpsi_descriptor_t* descriptor) {
    printf("descriptor\t%02x\t", descriptor->i_tag);
    for (int i = 0; i < descriptor->i_length; ++i)
        printf("%02x", descriptor->p_data[i]);
    printf("\n");
}

static void print_descriptors(dvbpsi_descriptor_t* descriptor) {
    for (; descriptor != NULL; descriptor = descriptor->p_next)
        switch (descriptor->i_tag) {
            case 0x0A:
                print_languages(descriptor);
                break;
            case 0x40:
                print_network_name(descriptor);
                break;
            case 0x41:
                print_service_list(descriptor);
                break;
            case 0x48:
                print_service_names(descriptor);
                break;
            case 0x4D:
                print_short_event(descriptor);
                break;
            case 0x54:
                print_contents(descriptor);
                break;
            case 0x55:
                print_ratings(descriptor);
                break;
            case 0x58:
                print_offsets(descriptor);
                break;
            default:
                print_bytes(descriptor);
        }
}

/* ---- tables ---------------------------------------------------------------------------------- */

static void print_pmt(void* unused, dvbpsi_pmt_t* pmt) {
    (void)unused;
    printf("pmt\t%u\t%u\t%u\n", pmt->i_program_number, pmt->i_version, pmt->i_pcr_pid);
    print_descriptors(pmt->p_first_descriptor);
    for (dvbpsi_pmt_es_t* stream = pmt->p_first_es; stream != NULL; stream = stream->p_next) {
        printf("stream\t%u\t%u\n", stream->i_type, stream->i_pid);
        print_descriptors(stream->p_first_descriptor);
    }
    dvbpsi_pmt_delete(pmt);
}

static void print_pat(void* unused, dvbpsi_pat_t* pat) {
    (void)unused;
    printf("pat\t%u\t%u\n", pat->i_ts_id, pat->i_version);
    for (dvbpsi_pat_program_t* program = pat->p_first_program; program != NULL;
         program = program->p_next) {
        printf("program\t%u\t%u\n", program->i_number, program->i_pid);
        if (program->i_number != 0 && decoders[program->i_pid] == NULL)
            dvbpsi_pmt_attach(decoder_of(program->i_pid), program->i_number, print_pmt, NULL);
    }
    dvbpsi_pat_delete(pat);
}

static void print_nit(void* unused, dvbpsi_nit_t* nit) {
    (void)unused;
    printf("nit\t%u\t%u\t%u\n", nit->i_table_id, nit->i_network_id, nit->i_version);
    print_descriptors(nit->p_first_descriptor);
    for (dvbpsi_nit_ts_t* stream = nit->p_first_ts; stream != NULL; stream = stream->p_next) {
        printf("transport\t%u\t%u\n", stream->i_ts_id, stream->i_orig_network_id);
        print_descriptors(stream->p_first_descriptor);
    }
    dvbpsi_nit_delete(nit);
}

static void print_sdt(void* unused, dvbpsi_sdt_t* sdt) {
    (void)unused;
    printf("sdt\t%u\t%u\t%u\t%u\n", sdt->i_table_id, sdt->i_extension, sdt->i_version,
           sdt->i_network_id);
    for (dvbpsi_sdt_service_t* service = sdt->p_first_service; service != NULL;
         service = service->p_next) {
        printf("service\t%u\t%d\t%d\t%u\t%d\n", service->i_service_id, service->b_eit_schedule,
               service->b_eit_present, service->i_running_status, service->b_free_ca);
        print_descriptors(service->p_first_descriptor);
    }
    dvbpsi_sdt_delete(sdt);
}

static void print_eit(void* unused, dvbpsi_eit_t* eit) {
    (void)unused;
    printf("eit\t%u\t%u\t%u\t%u\t%u\t%u\n", eit->i_table_id, eit->i_extension, eit->i_version,
           eit->i_ts_id, eit->i_network_id, eit->i_last_table_id);
    for (dvbpsi_eit_event_t* event = eit->p_first_event; event != NULL; event = event->p_next) {
        printf("event\t%u", event->i_event_id);
        print_utc(event->i_start_time);
        print_duration(event->i_duration);
        printf("\t%u\t%d\n", event->i_running_status, event->b_free_ca);
        print_descriptors(event->p_first_descriptor);
    }
    dvbpsi_eit_delete(eit);
}

static void print_tot(void* unused, dvbpsi_tot_t* tot) {
    (void)unused;
    printf("%s", tot->i_table_id == 0x70 ? "tdt" : "tot");
    print_utc(tot->i_utc_time);
    printf("\n");
    print_descriptors(tot->p_first_descriptor);
    dvbpsi_tot_delete(tot);
}

static void attach_table(dvbpsi_t* handle, uint8_t table_id, uint16_t extension, void* unused) {
    (void)unused;
    if (table_id == 0x40 || table_id == 0x41)
        dvbpsi_nit_attach(handle, table_id, extension, print_nit, NULL);
    else if (table_id == 0x42 || table_id == 0x46)
        dvbpsi_sdt_attach(handle, table_id, extension, print_sdt, NULL);
    else if (table_id >= 0x4E && table_id <= 0x6F)
        dvbpsi_eit_attach(handle, table_id, extension, print_eit, NULL);
    else if (table_id == 0x70 || table_id == 0x73)
        dvbpsi_tot_attach(handle, table_id, extension, print_tot, NULL);
}

static void read_packets(FILE* file) {
    uint8_t packet[packet_size];

    while (fread(packet, packet_size, 1, file) == 1) {
        dvbpsi_t* handle = decoders[(packet[1] & 0x1Fu) << 8 | packet[2]];
        if (handle != NULL)
            dvbpsi_packet_push(handle, packet);
    }
}

int main(int argc, char** argv) {
    static const unsigned demultiplexed[] = {0x10, 0x11, 0x12, 0x14};
    FILE* file = argc == 2 || argc == 3 ? fopen(argv[1], "rb") : NULL;

    if (file == NULL)
        fail("usage: table_reader FILE.ts [TIMES]");
    dvbpsi_pat_attach(decoder_of(0), print_pat, NULL);
    for (size_t i = 0; i < sizeof demultiplexed / sizeof *demultiplexed; ++i)
        dvbpsi_AttachDemux(decoder_of(demultiplexed[i]), attach_table, NULL);
    for (int times = argc == 3 ? atoi(argv[2]) : 1; times > 0; --times) {
        rewind(file);
        read_packets(file);
    }
    fclose(file);
    return has_message ? 1 : 0;
}
