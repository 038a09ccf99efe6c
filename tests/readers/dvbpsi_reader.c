/*
 * Reads the sections of one PID with libdvbpsi (VLC's): dvbpsi_reader FILE.ts PID
 *
 * Prints each section as a line of hexadecimal digits, and every message of the library to standard
 * error. The library gathers sections from the packets, and checks the CRC_32 of those with
 * section_syntax_indicator 1; a decoder of our own takes them before it looks for tables in them
 * (dvbpsi_AttachDemux would drop what repeats a table's version).
 *
 *     cc -o dvbpsi_reader dvbpsi_reader.c -ldvbpsi
 */
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <dvbpsi/dvbpsi.h>
#include <dvbpsi/psi.h>

enum { packet_size = 188, largest_section = 4096 };

static bool has_message = false;

static void show_message(dvbpsi_t* handle, const dvbpsi_msg_level_t level, const char* message) {
    (void)handle;
    (void)level;
    fprintf(stderr, "%s\n", message);
    has_message = true;
}

static void print_section(dvbpsi_t* handle, dvbpsi_psi_section_t* section) {
    (void)handle;
    for (int i = 0; i < 3 + section->i_length; ++i)
        printf("%02x", section->p_data[i]);
    printf("\n");
    dvbpsi_DeletePSISections(section);
}

static void read_packets(FILE* file, dvbpsi_t* handle, unsigned pid) {
    uint8_t packet[packet_size];

    while (fread(packet, packet_size, 1, file) == 1)
        if (((packet[1] & 0x1Fu) << 8 | packet[2]) == pid)
            dvbpsi_packet_push(handle, packet);
}

int main(int argc, char** argv) {
    FILE* file = argc == 3 ? fopen(argv[1], "rb") : NULL;
    dvbpsi_t* handle = dvbpsi_new(show_message, DVBPSI_MSG_WARN);

    if (file == NULL || handle == NULL) {
        fprintf(stderr, "usage: dvbpsi_reader FILE.ts PID\n");
        return 2;
    }
    handle->p_decoder =
        dvbpsi_decoder_new(print_section, largest_section, true, sizeof(dvbpsi_decoder_t));
    read_packets(file, handle, (unsigned)strtoul(argv[2], NULL, 0));
    dvbpsi_decoder_delete(handle->p_decoder);
    handle->p_decoder = NULL;
    dvbpsi_delete(handle);
    fclose(file);
    return has_message ? 1 : 0;
}
