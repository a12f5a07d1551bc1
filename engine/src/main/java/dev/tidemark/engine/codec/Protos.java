package dev.tidemark.engine.codec;

import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Message;
import com.google.protobuf.Parser;
import java.util.List;
import java.util.Map;
import org.agrona.DirectBuffer;

/** Reading generated classes strictly: damage and too new a version are told apart. */
final class Protos {
    private Protos() {}

    /** Parses exactly these bytes. What is read can't take more memory than a small multiple of their number. */
    static <T extends Message> T parse(Parser<T> parser, DirectBuffer buffer, int offset, int length) {
        byte[] bytes = new byte[length];
        buffer.getBytes(offset, bytes);
        return parse(parser, bytes);
    }

    static <T extends Message> T parse(Parser<T> parser, byte[] bytes) {
        T message;
        try {
            message = parser.parseFrom(bytes);
        } catch (InvalidProtocolBufferException e) {
            throw new MalformedException("not a message of this program: " + e.getMessage(), e);
        }
        refuseUnknown(message);
        return message;
    }

    /**
     * Throws {@link TooNewException} when the message, or one inside it, has a field that this version does not know.
     */
    private static void refuseUnknown(Message message) {
        for (int field : message.getUnknownFields().asMap().keySet()) {
            throw new TooNewException(message.getDescriptorForType().getName() + " with a field " + field);
        }
        for (Map.Entry<FieldDescriptor, Object> field : message.getAllFields().entrySet()) {
            if (field.getKey().getJavaType() != FieldDescriptor.JavaType.MESSAGE) {
                continue;
            }
            if (field.getKey().isRepeated()) {
                ((List<?>) field.getValue()).forEach(part -> refuseUnknown((Message) part));
            } else {
                refuseUnknown((Message) field.getValue());
            }
        }
    }
}
