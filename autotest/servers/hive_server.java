// SPDX-License-Identifier: MIT
// Apache Hive's HiveServer2 on loopback only: its HTTP transport asks for every
// address of the machine. Run by Janino, which Hive brings along. Argument: a
// file that is made when the server listens.

import java.io.FileOutputStream;
import java.lang.reflect.Field;
import java.util.Iterator;
import org.apache.hadoop.hive.conf.HiveConf;
import org.apache.hive.service.server.HiveServer2;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;

public class HiveOnLoopback
{
    private static Server httpServerOf(Object service) throws Exception
    {
        Class type = service.getClass();
        for (; type != null; type = type.getSuperclass())
        {
            Field[] fields = type.getDeclaredFields();
            for (int i = 0; i < fields.length; i++)
            {
                if (fields[i].getType() == Server.class)
                {
                    fields[i].setAccessible(true);
                    return (Server)fields[i].get(service);
                }
            }
        }
        return null;
    }

    private static void listenOnLoopback(Server http) throws Exception
    {
        while (!http.isStarted())
            Thread.sleep(20);
        ServerConnector connector = (ServerConnector)http.getConnectors()[0];
        connector.stop();
        connector.setHost("127.0.0.1");
        connector.start();
    }

    public static void main(String[] arguments) throws Exception
    {
        HiveServer2 hive = new HiveServer2();
        hive.init(new HiveConf());
        hive.start();
        Iterator services = hive.getServices().iterator();
        while (services.hasNext())
        {
            Server http = httpServerOf(services.next());
            if (http != null)
                listenOnLoopback(http);
        }
        new FileOutputStream(arguments[0]).close();
    }
}
